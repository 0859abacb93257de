//! Computes the filter of the resampler: a windowed sinc, stored as a table with one row of
//! coefficients per phase.

use std::f64::consts::PI;

/// Number of input samples that the filter combines if the rate does not decrease.
const TAPS: f64 = 32.0;
/// Shape parameter of the Kaiser window.
const KAISER_BETA: f64 = 9.0;
/// Cutoff frequency if the rate decreases, as a fraction of half the output rate.
const ROLL_OFF: f64 = 0.97;
/// Maximum number of rows in a table, if the rate does not decrease. If there are more phases than
/// rows, the resampler interpolates between two rows. If the rate decreases, each row is longer and
/// the maximum number of rows is lower, because a longer filter changes more slowly. Therefore a
/// forged sample rate cannot make a table large or slow to compute.
const ROWS_MAX: f64 = 1024.0;
/// Number of values in the largest vector of any CPU. Each row is padded with zeros to a multiple
/// of this number.
pub const LANES: usize = 16;

/// The filter's coefficients, one row per phase.
#[derive(Debug)]
pub struct Filter {
    table: Vec<f32>,
    /// Number of samples in a window, including the padding.
    pub width: usize,
    /// Position of an output sample of phase 0 in its window.
    pub center: usize,
    /// Number of phases that have a row. The table has one more row, so that each phase is between
    /// two rows.
    pub rows: u64,
    pub interpolated: bool,
}

impl Filter {
    /// Returns the cutoff and the number of taps. If the rate decreases, the cutoff is lower and
    /// the filter is longer in proportion.
    fn cutoff_and_taps(input: u64, output: u64) -> (f64, usize) {
        let cutoff = (ROLL_OFF * output as f64 / input as f64).min(1.0);
        (cutoff, ((TAPS / cutoff).ceil() as usize).next_multiple_of(2))
    }

    /// Returns the size in bytes of the table for these rates.
    pub fn table_bytes(input: u64, output: u64) -> u64 {
        let (cutoff, taps) = Filter::cutoff_and_taps(input, output);
        let values =
            (output.min(Filter::rows_max(cutoff)) + 1) * taps.next_multiple_of(LANES) as u64;
        values * size_of::<f32>() as u64
    }

    fn rows_max(cutoff: f64) -> u64 {
        (ROWS_MAX * cutoff).ceil() as u64
    }

    pub fn new(input: u64, output: u64) -> Self {
        let (cutoff, taps) = Filter::cutoff_and_taps(input, output);
        let center = taps / 2 - 1;
        let rows = output.min(Filter::rows_max(cutoff));
        let interpolated = rows < output;
        let width = taps.next_multiple_of(LANES);
        let taps_at = |fraction: f64| {
            (0..taps).map(move |tap| {
                let distance = tap as f64 - center as f64 - fraction;
                sinc(cutoff * distance) * kaiser(distance * 2.0 / taps as f64)
            })
        };
        // All coefficients are divided by the sum of the coefficients of phase 0. Therefore a
        // constant input does not change.
        let gain: f64 = taps_at(0.0).sum();
        let table = (0..=rows)
            .flat_map(|row| {
                let scaled = taps_at(row as f64 / rows as f64).map(|tap| (tap / gain) as f32);
                scaled.chain(std::iter::repeat_n(0.0, width - taps))
            })
            .collect();
        Filter { table, width, center, rows, interpolated }
    }

    /// Returns the number of coefficients in the table.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn row(&self, row: usize) -> &[f32] {
        self.table.get(row * self.width..(row + 1) * self.width).unwrap_or_default()
    }
}

// --- internal ---

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

fn kaiser(x: f64) -> f64 {
    bessel_i0(KAISER_BETA * (1.0 - x * x).max(0.0).sqrt())
}

/// Computes the modified Bessel function of order zero from its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}
