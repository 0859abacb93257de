//! Detects the codec of a logical Ogg stream from its headers.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;

use crate::container::channel_layout;
use crate::container::stream::invalid;
use crate::container::vorbis;
use crate::opus;

#[derive(Debug)]
pub enum Mapping {
    /// Vorbis, with its identification header.
    Vorbis(Box<[u8]>),
    Opus(opus::Head),
    Flac(AudioCodecParameters),
}

/// The kind of a packet.
#[derive(Debug)]
pub enum Kind {
    Header,
    /// A header after which the decoder parameters are complete.
    Ready(Box<AudioCodecParameters>),
    Audio,
}

impl Mapping {
    /// Detects the codec from the first packet of a stream. Returns `None` if the codec is not
    /// supported.
    pub fn detect(packet: &[u8]) -> io::Result<Option<Mapping>> {
        if packet.starts_with(b"\x01vorbis") {
            return Ok(Some(Mapping::Vorbis(packet.into())));
        }
        if packet.starts_with(b"OpusHead") {
            let head = opus::Head::parse(packet);
            return head.map(|head| Some(Mapping::Opus(head))).ok_or_else(damaged);
        }
        if packet.starts_with(b"\x7fFLAC") {
            // The range skips the version, the header count, the marker and the header of the first
            // metadata block.
            let info = packet.get(17..51).ok_or_else(damaged)?;
            return Ok(Some(Mapping::Flac(flac_params(info)?)));
        }
        Ok(None)
    }

    /// Returns the kind of a packet. `index` is the index of the packet in the stream. It is at
    /// least 1, because `detect` processes packet 0. `ready` means that the decoder parameters are
    /// already known. Then each packet counts as audio, even a later header of a FLAC stream,
    /// because the number of these headers varies. To detect such a header, call `is_audio`.
    pub fn classify(&self, index: u64, packet: &[u8], ready: bool) -> io::Result<Kind> {
        Ok(match (self, index) {
            _ if ready => Kind::Audio,
            (Mapping::Opus(head), 1) => Kind::Ready(Box::new(head.params())),
            (Mapping::Vorbis(identification), 2) => {
                Kind::Ready(Box::new(vorbis::params(identification, packet)?))
            }
            (Mapping::Flac(params), 1) => Kind::Ready(Box::new(params.clone())),
            _ => Kind::Header,
        })
    }

    /// Returns the number of frames before the first audible frame.
    pub fn pre_skip(&self) -> u64 {
        match self {
            Mapping::Opus(head) => head.pre_skip.into(),
            _ => 0,
        }
    }

    /// Returns the rate in Hz at which granule positions count frames.
    pub fn granule_rate(&self, params: &AudioCodecParameters) -> u32 {
        match self {
            Mapping::Opus(_) => opus::SAMPLE_RATE,
            _ => params.sample_rate.unwrap_or_default(),
        }
    }

    /// Returns whether a packet contains audio. The later headers of a FLAC stream do not contain
    /// audio.
    pub fn is_audio(&self, packet: &[u8]) -> bool {
        match self {
            Mapping::Flac(_) => packet.first() == Some(&0xff),
            Mapping::Vorbis(_) => packet.first().is_some_and(|byte| byte & 1 == 0),
            Mapping::Opus(_) => !packet.is_empty(),
        }
    }
}

/// Returns the parameters of a FLAC stream from its stream description (STREAMINFO).
fn flac_params(info: &[u8]) -> io::Result<AudioCodecParameters> {
    let &[_, _, _, _, _, _, _, _, _, _, a, b, c, ..] = info else {
        return Err(damaged());
    };
    let sample_rate = u32::from_be_bytes([0, a, b, c]) >> 4;
    let channels = (c >> 1 & 7) + 1;
    let mut params = AudioCodecParameters::new();
    params
        .for_codec(CODEC_ID_FLAC)
        .with_sample_rate(sample_rate)
        .with_channels(channel_layout::usual(channels.into()))
        .with_extra_data(info.into());
    Ok(params)
}

fn damaged() -> io::Error {
    invalid("its first header is damaged")
}
