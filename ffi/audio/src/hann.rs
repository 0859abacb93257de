//! The Hann window of a spectrum.

use std::f64::consts::TAU;

/// The periodic Hann window: the first value would follow the last one.
pub fn hann(size: usize) -> Vec<f32> {
    (0..size).map(|n| (0.5 - 0.5 * (TAU * n as f64 / size as f64).cos()) as f32).collect()
}
