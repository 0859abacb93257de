//! The Hann window of a spectrum.

use std::f64::consts::TAU;

/// Periodic: the value after the last would be the first again.
pub fn hann(size: usize) -> Vec<f32> {
    (0..size).map(|n| (0.5 - 0.5 * (TAU * n as f64 / size as f64).cos()) as f32).collect()
}
