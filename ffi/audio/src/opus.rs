//! Opus, which the container library demuxes but does not decode.

use rusty_opus::OpusDecoder;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;

use crate::status::{Error, Result};
use crate::trim::Trim;

/// Opus always decodes at its own full rate; pre-skip and trims count samples of it.
pub const SAMPLE_RATE: u32 = 48_000;
/// 120 ms, the longest packet.
const PACKET_FRAMES_MAX: usize = 5_760;

pub struct Opus {
    decoder: OpusDecoder,
    channels: Channels,
    interleaved: Vec<f32>,
}

impl Opus {
    pub fn new(params: &AudioCodecParameters) -> Result<Self> {
        let channels = params.channels.clone().unwrap_or_default();
        let count = channels.count();
        if !(1..=2).contains(&count) {
            return Err(Error::unsupported(format_args!(
                "Opus with {count} channels (1 and 2 are decoded)"
            )));
        }
        let decoder = OpusDecoder::new(SAMPLE_RATE as i32, count)
            .map_err(|error| Error::invalid(format_args!("no Opus decoder: {error}")))?;
        let interleaved = vec![0.0; PACKET_FRAMES_MAX * count];
        Ok(Opus { decoder, channels, interleaved })
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
        let frames = packet_frames(packet).unwrap_or(PACKET_FRAMES_MAX).min(PACKET_FRAMES_MAX);
        let decoded = self.decoder.decode(packet, frames, &mut self.interleaved)?;
        for (channel, plane) in planes.iter_mut().enumerate() {
            plane.clear();
            let samples = self.interleaved.chunks_exact(count).take(decoded);
            plane.extend(samples.filter_map(|frame| frame.get(channel)));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Opus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opus").field("channels", &self.channels).finish_non_exhaustive()
    }
}

/// What the encoder put in front, from the identification header (RFC 7845, section 5.1).
pub fn trim(params: &AudioCodecParameters) -> Trim {
    let head = params.extra_data.as_deref().unwrap_or_default();
    let pre_skip = match (head.starts_with(b"OpusHead"), head.get(10..12)) {
        (true, Some(&[low, high])) => u16::from_le_bytes([low, high]),
        _ => 0,
    };
    Trim::start(pre_skip.into())
}

/// Frames a packet decodes to, from its first bytes (RFC 6716, section 3.1).
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
    Some(frames * count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_how_long_a_packet_is() {
        assert_eq!(packet_frames(&[0b0000_1000]), Some(960)); // SILK, 20 ms
        assert_eq!(packet_frames(&[0b1110_0001]), Some(240)); // CELT, two of 2.5 ms
        assert_eq!(packet_frames(&[0b1111_1011, 3]), Some(2_880)); // CELT, three of 20 ms
        assert_eq!(packet_frames(&[]), None);
    }

    #[test]
    fn skips_what_the_header_says() {
        let mut params = AudioCodecParameters::new();
        let head = b"OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00";
        params.with_extra_data(head.to_vec().into_boxed_slice());
        assert_eq!(trim(&params), Trim::start(312));
    }
}
