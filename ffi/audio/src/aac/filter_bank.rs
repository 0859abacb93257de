//! Converts spectra of AAC to samples (ISO 14496-3, section 4.6.11).

use std::f64::consts::PI;

use symphonia::core::dsp::mdct::Imdct;

use super::window::{Sequence, Windows};

const LONG: usize = Windows::LONG;
const SHORT: usize = Windows::SHORT;
/// Index of the first sample of the slope between a long and short windows.
const EDGE: usize = (LONG - SHORT) / 2;
/// The spectrum has the range of 16-bit samples.
const SCALE: f64 = 1.0 / 32_768.0;

/// The tables of all channels.
pub struct FilterBank {
    long: Imdct,
    short: Imdct,
    shapes: [Shape; 2],
    /// The transformed spectrum, which becomes windowed samples, and the sum of short windows.
    transformed: Vec<f32>,
    sum: Vec<f32>,
}

/// The rising slopes of a window shape.
struct Shape {
    long: Vec<f32>,
    short: Vec<f32>,
}

impl FilterBank {
    pub fn new() -> Self {
        let sine = Shape { long: sine(LONG), short: sine(SHORT) };
        let kaiser = Shape { long: kaiser(LONG, 4.0), short: kaiser(SHORT, 6.0) };
        FilterBank {
            long: Imdct::new_scaled(LONG, SCALE / LONG as f64),
            short: Imdct::new_scaled(SHORT, SCALE / SHORT as f64),
            shapes: [sine, kaiser],
            transformed: vec![0.0; 2 * LONG],
            sum: vec![0.0; 2 * LONG],
        }
    }

    /// Replaces `plane` with the samples of a packet. `overlap` contains the second half of the
    /// previous packet and then that of this packet.
    pub fn synthesize(
        &mut self,
        windows: &Windows,
        spectrum: &[f32],
        overlap: &mut [f32],
        plane: &mut Vec<f32>,
    ) {
        let [sine, kaiser] = &self.shapes;
        let now = if windows.kaiser { kaiser } else { sine };
        let before = if windows.kaiser_before { kaiser } else { sine };
        let transformed = &mut self.transformed;
        if windows.is_short() {
            self.sum.fill(0.0);
            let parts = spectrum.chunks_exact(SHORT).zip(transformed.chunks_exact_mut(2 * SHORT));
            for (number, (spectrum, part)) in parts.enumerate() {
                self.short.imdct(spectrum, part);
                rise(part, if number == 0 { &before.short } else { &now.short });
                fall(part, &now.short);
                let place = self.sum.iter_mut().skip(EDGE + number * SHORT);
                place.zip(part).for_each(|(sample, more)| *sample += *more);
            }
        } else {
            self.long.imdct(spectrum, transformed);
            let (first, second) = transformed.split_at_mut(LONG);
            if windows.sequence == Sequence::Stop {
                rise_late(first, &before.short);
            } else {
                rise(first, &before.long);
            }
            if windows.sequence == Sequence::Start {
                second.reverse();
                rise_late(second, &now.short);
                second.reverse();
            } else {
                fall(second, &now.long);
            }
        }
        let samples = if windows.is_short() { &self.sum } else { &self.transformed };
        let (first, second) = samples.split_at(LONG);
        plane.clear();
        plane.extend(first.iter().zip(overlap.iter()).map(|(sample, before)| sample + before));
        overlap.iter_mut().zip(second).for_each(|(overlap, sample)| *overlap = *sample);
    }
}

/// Multiplies the start of `samples` with a rising slope.
fn rise(samples: &mut [f32], slope: &[f32]) {
    samples.iter_mut().zip(slope).for_each(|(sample, factor)| *sample *= factor);
}

/// Multiplies the end of `samples` with the slope in reverse.
fn fall(samples: &mut [f32], slope: &[f32]) {
    samples.iter_mut().rev().zip(slope).for_each(|(sample, factor)| *sample *= factor);
}

/// Multiplies the half of a long window with a short slope in its middle.
fn rise_late(samples: &mut [f32], slope: &[f32]) {
    samples.iter_mut().take(EDGE).for_each(|sample| *sample = 0.0);
    samples.iter_mut().skip(EDGE).zip(slope).for_each(|(sample, factor)| *sample *= factor);
}

fn sine(size: usize) -> Vec<f32> {
    let step = PI / (2 * size) as f64;
    (0..size).map(|at| ((at as f64 + 0.5) * step).sin() as f32).collect()
}

/// Returns the slope of a Kaiser-Bessel derived window.
fn kaiser(size: usize, alpha: f64) -> Vec<f32> {
    let half = size as f64 / 2.0;
    let values = (0..=size).map(|at| {
        let place = (at as f64 - half) / half;
        bessel(PI * alpha * (1.0 - place * place).max(0.0).sqrt())
    });
    let mut sum = 0.0;
    let sums: Vec<f64> = values
        .map(|value| {
            sum += value;
            sum
        })
        .collect();
    sums.iter().take(size).map(|part| (part / sum).sqrt() as f32).collect()
}

/// Returns the modified Bessel function of the first kind and order 0.
fn bessel(value: f64) -> f64 {
    let square = value * value / 4.0;
    let terms = (1..60).scan(1.0, |term, n| {
        *term *= square / f64::from(n * n);
        Some(*term)
    });
    1.0 + terms.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_preserve_the_energy() {
        for slope in [sine(SHORT), kaiser(SHORT, 6.0), kaiser(LONG, 4.0)] {
            let both = slope.iter().zip(slope.iter().rev());
            for (rising, falling) in both {
                assert!((rising * rising + falling * falling - 1.0).abs() < 1e-6);
            }
            assert!(slope.is_sorted());
        }
    }

    #[test]
    fn a_short_slope_joins_long_and_short_windows() {
        let mut samples = vec![1.0; LONG];
        rise_late(&mut samples, &sine(SHORT));
        assert_eq!((samples[EDGE - 1], samples[EDGE + SHORT]), (0.0, 1.0));
        assert!(samples[EDGE] > 0.0 && samples[EDGE] < 0.1);
    }
}
