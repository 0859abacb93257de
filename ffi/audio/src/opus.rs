//! Decodes Opus with rusty_opus, because Symphonia does not support Opus.

use rusty_opus::OpusDecoder;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;

use crate::container::channel_layout;
use crate::status::{Error, Result};

/// Sample rate in Hz at which Opus always decodes. Pre-skip and trims count frames at this rate.
pub const SAMPLE_RATE: u32 = 48_000;
/// Number of frames in the longest packet: 120 ms.
const PACKET_FRAMES_MAX: usize = 5_760;

/// The identification header (RFC 7845, section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub channels: u8,
    /// Number of frames that the encoder inserted at the start.
    pub pre_skip: u16,
    /// Sample rate of the encoder's input in Hz; 0 if the file does not declare it.
    pub input_rate: u32,
    /// Output gain in units of 1/256 dB.
    gain: i16,
}

impl Head {
    /// Parses the header in ogg, matroska and caf files.
    pub fn parse(head: &[u8]) -> Option<Head> {
        let fields = head.strip_prefix(b"OpusHead")?;
        let &[_, channels, skip_low, skip_high, a, b, c, d, gain_low, gain_high, ..] = fields
        else {
            return None;
        };
        let input_rate = u32::from_le_bytes([a, b, c, d]);
        let pre_skip = u16::from_le_bytes([skip_low, skip_high]);
        let gain = i16::from_le_bytes([gain_low, gain_high]);
        Some(Head { channels, pre_skip, input_rate, gain })
    }

    /// Parses the header in mp4 files, which have a different byte order.
    pub fn parse_mp4(fields: &[u8]) -> Option<Head> {
        let &[_, channels, skip_high, skip_low, a, b, c, d, gain_high, gain_low, ..] = fields
        else {
            return None;
        };
        let input_rate = u32::from_be_bytes([a, b, c, d]);
        let pre_skip = u16::from_le_bytes([skip_low, skip_high]);
        let gain = i16::from_le_bytes([gain_low, gain_high]);
        Some(Head { channels, pre_skip, input_rate, gain })
    }

    /// Returns a header for files that declare only the number of channels.
    pub fn of_channels(channels: u8) -> Head {
        Head { channels, pre_skip: 0, input_rate: 0, gain: 0 }
    }

    pub fn params(&self) -> AudioCodecParameters {
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(CODEC_ID_OPUS)
            .with_sample_rate(SAMPLE_RATE)
            .with_channels(channel_layout::usual(self.channels.into()))
            .with_extra_data(Box::new(self.gain.to_le_bytes()));
        params
    }
}

pub struct Opus {
    decoder: OpusDecoder,
    channels: Channels,
    gain: f32,
    interleaved: Vec<f32>,
}

impl Opus {
    /// Creates a decoder. `params` must be the result of `Head::params`.
    pub fn new(params: &AudioCodecParameters) -> Result<Self> {
        let channels = params.channels.clone().unwrap_or_default();
        let count = channels.count();
        if !(1..=2).contains(&count) {
            return Err(Error::unsupported(format_args!(
                "Opus with {count} channels (1 and 2 are decoded)"
            )));
        }
        let decoder = OpusDecoder::new(SAMPLE_RATE as i32, count).map_err(|error| {
            Error::invalid(format_args!("its Opus decoder cannot be created: {error}"))
        })?;
        let gain = params.extra_data.as_deref().and_then(|gain| gain.first_chunk());
        let gain = f32::from(gain.map_or(0, |gain| i16::from_le_bytes(*gain)));
        let gain = 10f32.powf(gain / (20.0 * 256.0));
        let interleaved = vec![0.0; PACKET_FRAMES_MAX * count];
        Ok(Opus { decoder, channels, gain, interleaved })
    }

    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Decodes one packet into one plane per channel.
    pub fn decode(
        &mut self,
        packet: &[u8],
        planes: &mut Vec<Vec<f32>>,
    ) -> std::result::Result<(), rusty_opus::Error> {
        let count = self.channels.count();
        planes.resize(count, Vec::new());
        let frames = packet_frames(packet).unwrap_or(PACKET_FRAMES_MAX);
        let decoded = self.decoder.decode(packet, frames, &mut self.interleaved)?;
        for (channel, plane) in planes.iter_mut().enumerate() {
            plane.clear();
            let samples = self.interleaved.chunks_exact(count).take(decoded);
            plane.extend(samples.filter_map(|frame| Some(frame.get(channel)? * self.gain)));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Opus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opus").field("channels", &self.channels).finish_non_exhaustive()
    }
}

/// Returns the number of frames in a packet, computed from its first bytes (RFC 6716, section 3.1).
/// Returns `None` if the packet is damaged.
pub fn packet_frames(packet: &[u8]) -> Option<usize> {
    let toc = *packet.first()?;
    let frames = match (toc >> 3, (toc >> 3) & 3) {
        (12..=15, size) => 480 << (size & 1),
        (0..=11, 3) => 2_880,
        (0..=11, size) => 480 << size,
        (_, size) => 120 << size,
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => usize::from(packet.get(1)? & 0x3f),
    };
    Some(frames * count).filter(|frames| (1..=PACKET_FRAMES_MAX).contains(frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_length_of_a_packet() {
        assert_eq!(packet_frames(&[0b0000_1000]), Some(960)); // SILK, 20 ms
        assert_eq!(packet_frames(&[0b1110_0001]), Some(240)); // CELT, two frames of 2.5 ms
        assert_eq!(packet_frames(&[0b1111_1011, 3]), Some(2_880)); // CELT, three frames of 20 ms
        assert_eq!(packet_frames(&[]), None);
        // The first packet has no frames, and the second packet exceeds the maximum duration.
        assert_eq!(packet_frames(&[0b1111_1011, 0]), None);
        assert_eq!(packet_frames(&[0b1111_1011, 7]), None);
    }

    #[test]
    fn reads_the_header_of_ogg_and_of_mp4() {
        let head = Head { channels: 2, pre_skip: 312, input_rate: 48_000, gain: -256 };
        let bytes = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\x00\xff\0";
        assert_eq!(Head::parse(bytes), Some(head));
        assert_eq!(Head::parse_mp4(b"\0\x02\x01\x38\0\0\xbb\x80\xff\0\0"), Some(head));
        assert_eq!(Head::parse(&bytes[..17]), None);
    }
}
