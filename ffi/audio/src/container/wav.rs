//! Reads wav files: RIFF, and the 64-bit formats RF64 and BW64. MP3 and MP2 have frames, which
//! `elementary` reads. All other codecs have blocks of equal size.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known as codec;

use super::blocks::{Blocks, Coding};
use super::byte_reader::ByteReader;
use super::stream::{Demuxer, Stream, invalid, unsupported};
use super::{channel_layout, elementary};
use crate::{gsm, probe};

/// Maximum number of bytes of a format chunk that are read.
const FORMAT_BYTES_MAX: u64 = 40;
const CHUNKS_MAX: usize = 1 << 12;

/// The format of the samples.
#[derive(Debug)]
pub enum Format {
    Blocks(Coding, AudioCodecParameters),
    /// MP3 or MP2. Only the frames declare the sample rate and the channels.
    MpegAudio,
}

pub fn is_wav(head: &[u8]) -> bool {
    matches!(head.get(..4), Some(b"RIFF" | b"RF64" | b"BW64")) && head.get(8..12) == Some(b"WAVE")
}

pub fn open(mut reader: ByteReader) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    reader.seek(12)?;
    let mut format = None;
    // Length of the samples in RF64 and BW64 files, in bytes. A separate chunk contains it.
    let mut long_data = None;
    for _ in 0..CHUNKS_MAX {
        let kind = reader.array::<4>()?;
        let size = u64::from(reader.u32_le()?);
        let start = reader.position();
        match &kind {
            b"fmt " => format = Some(reader.bytes(size.min(FORMAT_BYTES_MAX), FORMAT_BYTES_MAX)?),
            b"ds64" => {
                let [_riff, data] = [reader.u64_le()?, reader.u64_le()?];
                long_data = Some(data);
            }
            b"data" => {
                let format = format.ok_or_else(|| invalid("its samples come before its format"))?;
                let len = match (size, long_data) {
                    (0xffff_ffff, Some(len)) => Some(len),
                    // A program that wrote the file to a pipe did not know the length, so it wrote
                    // one of these values.
                    (0 | 0xffff_ffff, _) => None,
                    (len, _) => Some(len),
                };
                return match parse_format(&format)? {
                    Format::Blocks(coding, params) => {
                        Blocks::open(reader, start, len, coding, params)
                    }
                    Format::MpegAudio => elementary::open_part(reader.into_source(), start, len),
                };
            }
            _ => {}
        }
        // Chunks start at even positions, so a byte of padding follows a chunk of odd size.
        reader.seek(start + size + (size & 1))?;
    }
    Err(invalid("it has no samples among its first chunks"))
}

/// Parses a format chunk (WAVEFORMATEX). Other containers also contain this structure.
pub fn parse_format(format: &[u8]) -> io::Result<Format> {
    let short = || invalid("its format chunk is too short");
    let u16_at = |at: usize| {
        format
            .get(at..)
            .and_then(|bytes| bytes.first_chunk())
            .map(|bytes| u16::from_le_bytes(*bytes))
    };
    let u32_at = |at: usize| Some(u32::from(u16_at(at)?) | u32::from(u16_at(at + 2)?) << 16);
    let channels = u16_at(2).ok_or_else(short)?;
    let sample_rate = u32_at(4).ok_or_else(short)?;
    let block_bytes = u16_at(12).ok_or_else(short)?;
    let bits = u16_at(14).unwrap_or(8);
    let mut tag = u16_at(0).ok_or_else(short)?;
    let mut layout = channel_layout::usual(channels);
    if tag == EXTENSIBLE {
        layout = channel_layout::of_mask(u32_at(20).ok_or_else(short)?, channels);
        tag = match format.get(26..40) {
            Some(rest) if rest == EXTENSIBLE_GUID => u16_at(24).ok_or_else(short)?,
            Some(_) => return Err(unsupported("a private format in wav")),
            None => return Err(short()),
        };
    }
    if channels == 0 {
        return Err(invalid("it has no channels"));
    }
    // A sample may be stored in more bytes than its bits need. Its bits are then the upper bits of
    // these bytes. The block size shows the number of bytes, but some programs declare a wrong
    // block size. It is used only if it agrees with the byte rate, and if the decoder supports this
    // number of bytes.
    let byte_rate = u32_at(8).ok_or_else(short)?;
    let agrees = u64::from(sample_rate) * u64::from(block_bytes) == u64::from(byte_rate);
    let container = match (block_bytes / channels).saturating_mul(8) {
        wider @ (..=32 | 64)
            if wider > bits
                && block_bytes.is_multiple_of(channels)
                && (agrees || bits == 0)
                && (wider <= 32 || tag == FLOAT) =>
        {
            wider
        }
        _ => bits,
    };
    let coding = match tag {
        MP2 | MP3 => return Ok(Format::MpegAudio),
        GSM if channels == 1 && usize::from(block_bytes) == gsm::BLOCK_BYTES => Some(Coding::gsm()),
        PCM if container <= 8 => Some(Coding::pcm(codec::CODEC_ID_PCM_U8, 1, channels)),
        PCM => Coding::integer(container, false, channels),
        FLOAT => Coding::float(container, false, channels),
        A_LAW => Some(Coding::pcm(codec::CODEC_ID_PCM_ALAW, 1, channels)),
        MU_LAW => Some(Coding::pcm(codec::CODEC_ID_PCM_MULAW, 1, channels)),
        MS_ADPCM if bits == 4 && channels <= 2 => {
            Coding::adpcm(codec::CODEC_ID_ADPCM_MS, block_bytes.into(), channels)
        }
        IMA_ADPCM if bits == 4 && channels <= 2 => {
            Coding::adpcm(codec::CODEC_ID_ADPCM_IMA_WAV, block_bytes.into(), channels)
        }
        _ => None,
    };
    let coding = coding.ok_or_else(|| {
        let name = probe::wav_codec(tag);
        unsupported(match tag {
            PCM | FLOAT => format!("{name} of {bits} bits in wav"),
            GSM if channels == 1 => format!("{name} with blocks of {block_bytes} bytes in wav"),
            MS_ADPCM | IMA_ADPCM | GSM => format!("{name} with {channels} channels in wav"),
            _ => format!("{name} in wav"),
        })
    })?;
    Ok(Format::Blocks(coding, coding.params(sample_rate, layout)))
}

// --- internal ---

const PCM: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 0x11;
const GSM: u16 = 0x31;
const MP2: u16 = 0x50;
const MP3: u16 = 0x55;
const EXTENSIBLE: u16 = 0xfffe;
/// Last 14 bytes of a subformat GUID. The first two bytes of the GUID are the format tag.
const EXTENSIBLE_GUID: &[u8] = b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";
