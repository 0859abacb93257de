//! Temporal noise shaping of AAC (ISO 14496-3, section 4.6.9): filters over the spectrum.

use std::f32::consts::FRAC_PI_2;
use std::ops::Range;

use super::window::Windows;
use crate::bits::BitReader;

/// Maximum number of coefficients of a filter in long and in short windows.
const ORDER_MAX_LONG: usize = 12;
const ORDER_MAX_SHORT: usize = 7;

/// The filters of one channel.
#[derive(Debug, Default)]
pub struct Shaping {
    filters: Vec<Filter>,
}

#[derive(Debug)]
struct Filter {
    /// Number of the window of the filter.
    window: usize,
    /// The bands of the filter.
    bands: Range<usize>,
    /// Whether the filter runs from high to low frequencies.
    downward: bool,
    /// Coefficients of the linear prediction.
    coefficients: Vec<f32>,
}

impl Shaping {
    pub fn read(bits: &mut BitReader<'_>, windows: &Windows) -> Option<Shaping> {
        let (count_bits, length_bits, order_bits) =
            if windows.is_short() { (1, 4, 3) } else { (2, 6, 5) };
        let order_max = if windows.is_short() { ORDER_MAX_SHORT } else { ORDER_MAX_LONG };
        let mut filters = Vec::new();
        for window in 0..windows.count() {
            let count = bits.read(count_bits)?;
            let coefficient_bits = if count > 0 { 3 + bits.read(1)? } else { 0 };
            let mut top = windows.bands().len() - 1;
            for _ in 0..count {
                let bottom = top.saturating_sub(bits.read(length_bits)? as usize);
                let order = bits.read(order_bits)? as usize;
                if order > order_max {
                    return None;
                }
                if order > 0 {
                    let downward = bits.flag()?;
                    let coefficients = read_coefficients(bits, order, coefficient_bits)?;
                    filters.push(Filter { window, bands: bottom..top, downward, coefficients });
                }
                top = bottom;
            }
        }
        Some(Shaping { filters })
    }

    pub fn apply(&self, windows: &Windows, spectrum: &mut [f32]) {
        let last = windows.shaped_bands();
        let edge = |band: usize| windows.bands().get(band.min(last)).copied().map(usize::from);
        for filter in &self.filters {
            let start = filter.window * Windows::SHORT;
            let bands = edge(filter.bands.start).zip(edge(filter.bands.end));
            let shaped = bands.and_then(|(low, high)| spectrum.get_mut(start + low..start + high));
            let Some(shaped) = shaped else {
                continue;
            };
            if filter.downward {
                shaped.reverse();
            }
            filter.run(shaped);
            if filter.downward {
                shaped.reverse();
            }
        }
    }
}

impl Filter {
    fn run(&self, values: &mut [f32]) {
        for at in 1..values.len() {
            let (before, rest) = values.split_at_mut(at);
            if let Some(value) = rest.first_mut() {
                let terms = before.iter().rev().zip(&self.coefficients);
                *value = terms.fold(*value, |value, (before, factor)| value - before * factor);
            }
        }
    }
}

/// Reads the reflection coefficients of a filter and converts them to linear prediction.
fn read_coefficients(bits: &mut BitReader<'_>, order: usize, resolution: u32) -> Option<Vec<f32>> {
    let stored = resolution - bits.read(1)?;
    let full = f32::from(1u8 << (resolution - 1));
    let mut prediction: Vec<f32> = Vec::with_capacity(order);
    for _ in 0..order {
        let value = bits.read(stored)? as i32;
        let value = if value >> (stored - 1) == 1 { value - (1 << stored) } else { value };
        let half = if value >= 0 { -0.5 } else { 0.5 };
        let reflection = (value as f32 / ((full + half) / FRAC_PI_2)).sin();
        let mirrored: Vec<f32> = prediction.iter().rev().copied().collect();
        for (factor, mirrored) in prediction.iter_mut().zip(mirrored) {
            *factor += reflection * mirrored;
        }
        prediction.push(reflection);
    }
    Some(prediction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_reflection_coefficients() {
        // Resolution 4, not compressed: 7 and -8.
        let mut bits = BitReader::new(&[0b0011_1100, 0]);
        let prediction = read_coefficients(&mut bits, 2, 4).unwrap();
        let first = (7.0 / (7.5 / FRAC_PI_2)).sin();
        let second = (-8.0 / (8.5 / FRAC_PI_2)).sin();
        assert_eq!(prediction, [first + second * first, second]);
        // Compressed: the value has three bits.
        let mut bits = BitReader::new(&[0b1100_0000]);
        assert_eq!(read_coefficients(&mut bits, 1, 4).unwrap(), [(-4.0 / (8.5 / FRAC_PI_2)).sin()]);
    }

    #[test]
    fn a_filter_uses_its_earlier_results() {
        let filter =
            Filter { window: 0, bands: 0..1, downward: false, coefficients: vec![-0.5, 0.25] };
        let mut values = [1.0, 0.0, 0.0, 2.0];
        filter.run(&mut values);
        assert_eq!(values, [1.0, 0.5, 0.0, 1.875]);
    }
}
