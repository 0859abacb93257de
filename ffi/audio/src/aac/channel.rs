//! Reads the spectrum of one channel in a packet of AAC (ISO 14496-3, section 4.4.2.7).

use super::codebooks::{SCALE_FACTORS, SPECTRUM};
use super::noise::Noise;
use super::tns::Shaping;
use super::window::Windows;
use crate::bits::BitReader;

/// How the coefficients of a band are coded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Coding {
    #[default]
    Zero,
    /// Huffman codes of the codebook with this number, from 1.
    Codes(u8),
    Noise,
    /// A multiple of the first channel of the pair. The number is the sign.
    Intensity(f32),
}

/// The last packet of one channel.
#[derive(Debug)]
pub struct Channel {
    pub windows: Windows,
    /// The coding and the scale of each band of each group.
    pub codings: Vec<Coding>,
    pub scales: Vec<f32>,
    pub spectrum: Vec<f32>,
    shaping: Shaping,
}

/// Offsets of scale factors.
const SCALE_OFFSET: i32 = 100;
const NOISE_OFFSET: i32 = 90;
const NOISE_FIRST_OFFSET: i32 = 256;
const DIFFERENCE_OFFSET: i32 = 60;
/// The smallest and the largest exponent of noise and of intensity.
const EXPONENTS: std::ops::RangeInclusive<i32> = -100..=155;
const INTENSITY_EXPONENTS: std::ops::RangeInclusive<i32> = -155..=100;

impl Channel {
    pub fn new(sample_rate: u32) -> Self {
        Channel {
            windows: Windows::new(sample_rate),
            codings: Vec::new(),
            scales: Vec::new(),
            spectrum: vec![0.0; Windows::LONG],
            shaping: Shaping::default(),
        }
    }

    /// Makes the packet silent.
    pub fn clear(&mut self) {
        self.spectrum.fill(0.0);
        self.shaping = Shaping::default();
    }

    /// Reads a channel; `None` if it is damaged. `has_windows`: the description of the windows
    /// precedes both channels of a pair and was read before.
    pub fn read(
        &mut self,
        bits: &mut BitReader<'_>,
        has_windows: bool,
        noise: &mut Noise,
    ) -> Option<()> {
        self.clear();
        let gain = bits.read(8)? as i32;
        if !has_windows {
            self.windows.read(bits)?;
        }
        self.read_codings(bits)?;
        self.read_scales(bits, gain)?;
        let pulses = if bits.flag()? { self.read_pulses(bits)? } else { Vec::new() };
        if bits.flag()? {
            self.shaping = Shaping::read(bits, &self.windows)?;
        }
        let has_gain_control = bits.flag()?;
        if has_gain_control {
            return None;
        }
        self.read_spectrum(bits, noise)?;
        pulses.into_iter().try_for_each(|(at, amplitude)| self.add_pulse(at, amplitude))
    }

    /// Applies temporal noise shaping. In a pair, this is the last change of the spectrum.
    pub fn shape(&mut self) {
        self.shaping.apply(&self.windows, &mut self.spectrum);
    }

    fn read_codings(&mut self, bits: &mut BitReader<'_>) -> Option<()> {
        let length_bits = if self.windows.is_short() { 3 } else { 5 };
        let escape = (1 << length_bits) - 1;
        self.codings.clear();
        for group in 1..=self.windows.groups().count() {
            let end = group * self.windows.bands_used;
            while self.codings.len() < end {
                let coding = match bits.read(4)? {
                    0 => Coding::Zero,
                    12 => return None,
                    13 => Coding::Noise,
                    14 => Coding::Intensity(-1.0),
                    15 => Coding::Intensity(1.0),
                    book => Coding::Codes(book as u8),
                };
                let mut length = 0;
                loop {
                    let more = bits.read(length_bits)?;
                    length += more as usize;
                    if more < escape {
                        break;
                    }
                }
                if length > end - self.codings.len() {
                    return None;
                }
                self.codings.resize(self.codings.len() + length, coding);
            }
        }
        Some(())
    }

    fn read_scales(&mut self, bits: &mut BitReader<'_>, gain: i32) -> Option<()> {
        let mut factor = gain;
        let mut intensity = 0;
        let mut noise = None;
        self.scales.clear();
        for coding in &self.codings {
            let mut next = || Some(i32::from(SCALE_FACTORS.read(bits)?) - DIFFERENCE_OFFSET);
            self.scales.push(match coding {
                Coding::Zero => 0.0,
                Coding::Intensity(sign) => {
                    intensity += next()?;
                    let (low, high) = INTENSITY_EXPONENTS.into_inner();
                    sign * power(-intensity.clamp(low, high))
                }
                Coding::Noise => {
                    let exponent = match noise {
                        Some(before) => before + next()?,
                        None => gain - NOISE_OFFSET + bits.read(9)? as i32 - NOISE_FIRST_OFFSET,
                    };
                    noise = Some(exponent);
                    power(exponent.clamp(*EXPONENTS.start(), *EXPONENTS.end()))
                }
                Coding::Codes(_) => {
                    factor += next()?;
                    power(u8::try_from(factor).ok().map(i32::from)? - SCALE_OFFSET)
                }
            });
        }
        Some(())
    }

    /// Reads the positions and amplitudes of single coefficients that are coded apart.
    fn read_pulses(&self, bits: &mut BitReader<'_>) -> Option<Vec<(usize, f32)>> {
        if self.windows.is_short() {
            return None;
        }
        let count = bits.read(2)? + 1;
        let band = bits.read(6)? as usize;
        let bands = self.windows.bands();
        let mut at = usize::from(*bands.get(..bands.len() - 1)?.get(band)?);
        let mut pulses = Vec::new();
        for _ in 0..count {
            at += bits.read(5)? as usize;
            let amplitude = bits.read(4)? as f32;
            if at >= Windows::LONG {
                return None;
            }
            pulses.push((at, amplitude));
        }
        Some(pulses)
    }

    /// Adds an amplitude to a coefficient before its scaling.
    fn add_pulse(&mut self, at: usize, amplitude: f32) -> Option<()> {
        let bands = self.windows.bands();
        let band = bands.iter().take_while(|low| usize::from(**low) <= at).count() - 1;
        let scale = match self.codings.get(band) {
            Some(Coding::Codes(_)) => *self.scales.get(band)?,
            _ => return Some(()),
        };
        let value = self.spectrum.get_mut(at)?;
        let coded = (*value / scale).abs().powf(0.75).copysign(*value);
        let coded = if coded > 0.0 { coded + amplitude } else { coded - amplitude };
        *value = dequantized(coded) * scale;
        Some(())
    }

    fn read_spectrum(&mut self, bits: &mut BitReader<'_>, noise: &mut Noise) -> Option<()> {
        let Channel { windows, codings, scales, spectrum, .. } = self;
        windows.each_band(|band, range| {
            let values = spectrum.get_mut(range)?;
            let scale = *scales.get(band)?;
            match codings.get(band)? {
                Coding::Codes(book) => read_values(bits, *book, scale, values)?,
                Coding::Noise => noise.fill(values, scale),
                Coding::Zero | Coding::Intensity(_) => {}
            }
            Some(())
        })
    }
}

/// Reads the coefficients of a band.
fn read_values(bits: &mut BitReader<'_>, number: u8, scale: f32, values: &mut [f32]) -> Option<()> {
    let book = SPECTRUM.get(usize::from(number) - 1)?;
    // The number of values per code, the number of values that one of them can have, and the
    // smallest one.
    let (dimensions, base, low) = match number {
        1 | 2 => (4, 3, -1),
        3 | 4 => (4, 3, 0),
        5 | 6 => (2, 9, -4),
        7 | 8 => (2, 8, 0),
        9 | 10 => (2, 13, 0),
        _ => (2, 17, 0),
    };
    for values in values.chunks_exact_mut(dimensions) {
        let mut symbol = i32::from(book.read(bits)?);
        for value in values.iter_mut().rev() {
            *value = (symbol % base + low) as f32;
            symbol /= base;
        }
        if low == 0 {
            for value in values.iter_mut().filter(|value| **value != 0.0) {
                if bits.flag()? {
                    *value = -*value;
                }
            }
        }
        for value in values {
            if number == 11 && value.abs() == ESCAPE {
                *value = read_escape(bits)?.copysign(*value);
            }
            *value = dequantized(*value) * scale;
        }
    }
    Some(())
}

/// The value of codebook 11 that a larger number follows.
const ESCAPE: f32 = 16.0;
/// Maximum number of ones before such a number.
const ESCAPE_ONES_MAX: u32 = 8;

fn read_escape(bits: &mut BitReader<'_>) -> Option<f32> {
    let ones = (!bits.peek()).leading_zeros();
    if ones > ESCAPE_ONES_MAX {
        return None;
    }
    bits.skip(ones as usize + 1)?;
    Some(((1 << (ones + 4)) + bits.read(ones + 4)?) as f32)
}

fn dequantized(value: f32) -> f32 {
    value * value.abs().cbrt()
}

/// Returns the factor of a scale exponent, in steps of a quarter of a bit.
fn power(exponent: i32) -> f32 {
    (0.25 * exponent as f32).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the values of one symbol. `more` are the bits after its code, at most 20.
    fn values<const N: usize>(book: u8, symbol: u16, more: u32) -> Option<[f32; N]> {
        let (code, length) = SPECTRUM[usize::from(book) - 1].code_of(symbol);
        let bytes =
            (u64::from(code) << (64 - length) | u64::from(more) << (44 - length)).to_be_bytes();
        let mut values = [0.0; N];
        read_values(&mut BitReader::new(&bytes), book, 2.0, &mut values)?;
        Some(values)
    }

    #[test]
    fn reads_the_values_of_each_kind_of_codebook() {
        assert_eq!(values(1, 2, 0), Some([-2.0, -2.0, -2.0, 2.0]));
        // The signs follow the code of unsigned values.
        assert_eq!(values(3, 27 + 3, 0b01 << 18), Some([2.0, 0.0, -2.0, 0.0]));
        assert_eq!(values(5, 0, 0), Some([-2.0 * dequantized(4.0); 2]));
        assert_eq!(values(8, 8 + 7, 0b10 << 18), Some([-2.0, 2.0 * dequantized(7.0)]));
        assert_eq!(values(9, 13, 0), Some([2.0, 0.0]));
        assert_eq!(values(11, 17 + 15, 0), Some([2.0, 2.0 * dequantized(15.0)]));
        // An escape is followed by its number.
        let escaped = values(11, 17 + 16, 0b0100011 << 13);
        assert_eq!(escaped, Some([2.0, -2.0 * dequantized(19.0)]));
    }

    #[test]
    fn reads_escapes() {
        let read = |bytes: &[u8]| read_escape(&mut BitReader::new(bytes));
        assert_eq!(read(&[0b0000_1000]), Some(17.0));
        assert_eq!(read(&[0b1000_0110]), Some(35.0));
        assert_eq!(read(&[0xff, 0b0111_1111, 0b1111_1000]), Some(8_191.0));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn adds_a_pulse_away_from_zero() {
        let mut channel = Channel::new(48_000);
        channel.codings = vec![Coding::Codes(1); 3];
        channel.scales = vec![2.0; 3];
        channel.spectrum[5] = 2.0;
        channel.spectrum[6] = -2.0;
        for at in [5, 6, 7, 100] {
            channel.add_pulse(at, 7.0).unwrap();
        }
        assert_eq!(channel.spectrum[5..9], [32.0, -32.0, -2.0 * dequantized(7.0), 0.0]);
        assert_eq!(channel.spectrum[100], 0.0);
    }
}
