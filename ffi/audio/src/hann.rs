//! Computes the Hann window of a spectrum.

use std::f64::consts::TAU;

/// Returns the periodic Hann window of `size` values. It is one period: the next value would be
/// equal to the first value.
pub fn hann(size: usize) -> Vec<f32> {
    (0..size).map(|n| (0.5 - 0.5 * (TAU * n as f64 / size as f64).cos()) as f32).collect()
}
