//! Scales floats that have the range of integers. Some programs convert integer samples to floats
//! without scaling them. Full scale is 1 for floats, so the decoder would clip these samples to
//! noise.
//!
//! The result depends only on the content of the file. The code checks a limited number of samples,
//! which are spread evenly over the file. It scales the samples in two cases:
//!
//! 1. The largest sample is above 256, which is 48 dB over full scale. No recording reaches this.
//! 2. All samples are whole numbers, and the largest sample is above 1.
//!
//! In both cases, it divides the samples by the full scale of the smallest integer type (16, 24 or
//! 32 bits) that can hold the largest sample. This divisor is a power of two, so the division is
//! exact.

use std::io;

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known as codec;

use super::byte_reader::ByteReader;

/// Number of positions at which samples are checked. `PLACE_BYTES` is the number of bytes that are
/// checked at each position.
const POSITIONS: u64 = 64;
const PLACE_BYTES: u64 = 4 << 10;
const FLOAT_MAX: f64 = 256.0;
/// Number of bits without the sign bit of each integer type (16, 24 and 32 bits).
const FRACTIONS: [i32; 3] = [15, 23, 31];

/// The factor that scales the floats of a file to full scale 1.
#[derive(Clone, Copy, Debug)]
pub struct FloatRange {
    kind: Kind,
    factor: f64,
}

impl FloatRange {
    /// Checks the samples between two positions. Returns `None` if the samples are not floats or
    /// are in the normal range.
    pub fn detect(
        reader: &mut ByteReader,
        start: u64,
        end: u64,
        codec: AudioCodecId,
    ) -> io::Result<Option<FloatRange>> {
        let Some(kind) = Kind::of(codec) else {
            return Ok(None);
        };
        let size = kind.bytes() as u64;
        let samples = end.saturating_sub(start) / size;
        let at_once = PLACE_BYTES / size;
        // In a short file, the step is the number of samples that are checked at each position. All
        // samples are then checked once.
        let step = (samples.saturating_sub(at_once) / (POSITIONS - 1)).max(at_once);
        let mut seen = Seen { largest: 0.0, whole: true };
        for first in (0..POSITIONS).map(|index| index * step).take_while(|first| *first < samples) {
            reader.seek(start + first * size)?;
            let bytes = at_once.min(samples - first) * size;
            for sample in reader.bytes(bytes, PLACE_BYTES)?.chunks_exact(kind.bytes()) {
                seen.add(kind.read(sample));
            }
        }
        Ok(seen.factor().map(|factor| FloatRange { kind, factor }))
    }

    pub fn apply(&self, data: &mut [u8]) {
        for sample in data.chunks_exact_mut(self.kind.bytes()) {
            let value = self.kind.read(sample) * self.factor;
            self.kind.write(value, sample);
        }
    }
}

// --- internal ---

#[derive(Clone, Copy, Debug)]
struct Kind {
    is_double: bool,
    big_endian: bool,
}

impl Kind {
    fn of(codec: AudioCodecId) -> Option<Kind> {
        let (is_double, big_endian) = match codec {
            codec::CODEC_ID_PCM_F32LE => (false, false),
            codec::CODEC_ID_PCM_F32BE => (false, true),
            codec::CODEC_ID_PCM_F64LE => (true, false),
            codec::CODEC_ID_PCM_F64BE => (true, true),
            _ => return None,
        };
        Some(Kind { is_double, big_endian })
    }

    fn bytes(self) -> usize {
        if self.is_double { 8 } else { 4 }
    }

    fn read(self, sample: &[u8]) -> f64 {
        match (sample.first_chunk(), sample.first_chunk()) {
            (_, Some(bytes)) if self.is_double && self.big_endian => f64::from_be_bytes(*bytes),
            (_, Some(bytes)) if self.is_double => f64::from_le_bytes(*bytes),
            (Some(bytes), _) if self.big_endian => f32::from_be_bytes(*bytes).into(),
            (Some(bytes), _) => f32::from_le_bytes(*bytes).into(),
            _ => 0.0,
        }
    }

    fn write(self, value: f64, sample: &mut [u8]) {
        let single = value as f32;
        match (self.is_double, self.big_endian) {
            (true, true) => sample.copy_from_slice(&value.to_be_bytes()),
            (true, false) => sample.copy_from_slice(&value.to_le_bytes()),
            (false, true) => sample.copy_from_slice(&single.to_be_bytes()),
            (false, false) => sample.copy_from_slice(&single.to_le_bytes()),
        }
    }
}

struct Seen {
    largest: f64,
    whole: bool,
}

impl Seen {
    fn add(&mut self, sample: f64) {
        if sample.is_finite() {
            self.largest = self.largest.max(sample.abs());
            self.whole &= sample.fract() == 0.0;
        }
    }

    fn factor(&self) -> Option<f64> {
        if self.largest <= 1.0 || (self.largest <= FLOAT_MAX && !self.whole) {
            return None;
        }
        let factors = FRACTIONS.map(|bits| 2f64.powi(-bits));
        // If the largest sample exceeds all integer types, the file is damaged. Its samples are
        // then not scaled.
        factors.into_iter().find(|factor| self.largest * factor <= 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(samples: &[f64]) -> Option<f64> {
        let mut seen = Seen { largest: 0.0, whole: true };
        samples.iter().for_each(|sample| seen.add(*sample));
        seen.factor()
    }

    #[test]
    fn determines_the_range_by_the_largest_sample() {
        assert_eq!(factor(&[0.5, -1.0]), None);
        assert_eq!(factor(&[1.0, 0.0, -1.0]), None);
        // Some mixes exceed full scale. They are not scaled, because their samples are not whole
        // numbers and are below the limit of 256.
        assert_eq!(factor(&[0.5, -3.75]), None);
        assert_eq!(factor(&[f64::NAN, f64::INFINITY, 0.25]), None);
        assert_eq!(factor(&[3.0, -2.0]), Some(2f64.powi(-15)));
        assert_eq!(factor(&[812.5, -2.25]), Some(2f64.powi(-15)));
        assert_eq!(factor(&[-32_768.0]), Some(2f64.powi(-15)));
        assert_eq!(factor(&[40_000.5]), Some(2f64.powi(-23)));
        assert_eq!(factor(&[2f64.powi(31)]), Some(2f64.powi(-31)));
        assert_eq!(factor(&[1e30]), None);
    }

    #[test]
    fn scales_every_kind_of_float() {
        for (is_double, big_endian) in [(false, false), (false, true), (true, false), (true, true)]
        {
            let kind = Kind { is_double, big_endian };
            let mut bytes = vec![0; 2 * kind.bytes()];
            kind.write(-16_384.0, &mut bytes[kind.bytes()..]);
            FloatRange { kind, factor: 2f64.powi(-15) }.apply(&mut bytes);
            assert_eq!(kind.read(&bytes[kind.bytes()..]), -0.5);
            assert_eq!(kind.read(&bytes), 0.0);
        }
    }
}
