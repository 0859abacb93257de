//! Reads AU files, the audio format of Sun and NeXT.

use std::io;

use symphonia::core::codecs::audio::well_known as codec;

use super::blocks::{Blocks, Coding};
use super::byte_reader::ByteReader;
use super::channel_layout;
use super::stream::{Demuxer, Stream, invalid, unsupported};

pub fn is_au(head: &[u8]) -> bool {
    head.starts_with(b".snd")
}

pub fn open(mut reader: ByteReader) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    reader.seek(4)?;
    let start = reader.u32_be()?;
    let len = reader.u32_be()?;
    let encoding = reader.u32_be()?;
    let sample_rate = reader.u32_be()?;
    let channels = u16::try_from(reader.u32_be()?).unwrap_or(u16::MAX);
    if channels == 0 {
        return Err(invalid("it has no channels"));
    }
    let coding = match encoding {
        1 => Some(Coding::pcm(codec::CODEC_ID_PCM_MULAW, 1, channels)),
        2..=5 => Coding::integer(encoding as u16 * 8 - 8, true, channels),
        6 => Coding::float(32, true, channels),
        7 => Coding::float(64, true, channels),
        27 => Some(Coding::pcm(codec::CODEC_ID_PCM_ALAW, 1, channels)),
        _ => None,
    };
    let coding = coding.ok_or_else(|| {
        unsupported(match encoding {
            23 | 25 | 26 => "G.726 in AU".to_owned(),
            24 => "G.722 in AU".to_owned(),
            _ => format!("encoding {encoding} in AU"),
        })
    })?;
    // The value `u32::MAX` means that the length is unknown.
    let len = (len != u32::MAX).then_some(len.into());
    let params = coding.params(sample_rate, channel_layout::usual(channels));
    Blocks::open(reader, start.into(), len, coding, params)
}
