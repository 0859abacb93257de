//! Sample rate conversion: a streaming polyphase windowed-sinc filter.
//!
//! 48 zero crossings a side under a Kaiser window keep aliases below -96 dB and leave the speech
//! band untouched; output sample `n` lies exactly at input time `n * input / output`.

use std::f64::consts::PI;

use pulp::{Arch, Simd, WithSimd};

const ZERO_CROSSINGS: f64 = 48.0;
const KAISER_BETA: f64 = 9.5;
const ROLL_OFF: f64 = 0.95;
/// Coefficients of the largest table with one row per phase. Rates with no small common divisor
/// would need more, and interpolate between the rows of a bounded table instead.
const EXACT_TABLE_MAX: usize = 1 << 18;
/// Rows per zero crossing of an interpolated table: an error below -110 dB.
const INTERPOLATED_ROWS: f64 = 512.0;

#[derive(Debug)]
pub struct Resampler {
    /// Input and output rate over their greatest common divisor.
    input: u64,
    output: u64,
    filter: Filter,
    /// Input not yet passed by the filter, `half - 1` earlier samples first.
    pending: Vec<f32>,
    /// Next output: its whole input position relative to `pending`, and its phase in `0..output`.
    position: usize,
    phase: u64,
    consumed: u64,
    produced: u64,
}

impl Resampler {
    pub fn new(input_rate: u32, output_rate: u32) -> Self {
        let divisor = greatest_common_divisor(input_rate, output_rate).max(1);
        let (input, output) = (u64::from(input_rate / divisor), u64::from(output_rate / divisor));
        let filter = Filter::new(input, output);
        let history = filter.half - 1;
        Resampler {
            input,
            output,
            filter,
            pending: vec![0.0; history],
            position: history,
            phase: 0,
            consumed: 0,
            produced: 0,
        }
    }

    /// Takes the next input and appends the output that is complete.
    pub fn process(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.consumed += samples.len() as u64;
        if self.input == self.output {
            out.extend_from_slice(samples);
            return;
        }
        self.pending.extend_from_slice(samples);
        self.run(u64::MAX, out);
    }

    /// Appends what is left: silence follows the last input.
    pub fn flush(&mut self, out: &mut Vec<f32>) {
        if self.input == self.output {
            return;
        }
        let total = (self.consumed * self.output).div_ceil(self.input);
        self.pending.resize(self.pending.len() + self.filter.half, 0.0);
        self.run(total, out);
    }

    fn run(&mut self, produced_max: u64, out: &mut Vec<f32>) {
        let (step, step_phase) = (self.input / self.output, self.input % self.output);
        let half = self.filter.half;
        while self.produced < produced_max {
            let first = self.position + 1 - half;
            let Some(window) = self.pending.get(first..first + 2 * half) else {
                break;
            };
            out.push(self.filter.apply(window, self.phase, self.output));
            self.produced += 1;
            self.position += step as usize;
            self.phase += step_phase;
            if self.phase >= self.output {
                self.phase -= self.output;
                self.position += 1;
            }
        }
        let passed = (self.position + 1 - half).min(self.pending.len());
        self.pending.drain(..passed);
        self.position -= passed;
    }
}

/// The filter's coefficients, one row of `2 * half` taps per phase.
#[derive(Debug)]
struct Filter {
    half: usize,
    rows: usize,
    exact: bool,
    table: Vec<f32>,
    arch: Arch,
}

impl Filter {
    fn new(input: u64, output: u64) -> Self {
        // When the rate falls, the cutoff falls with it and the filter gets as much longer.
        let ratio = (output as f64 / input as f64).min(1.0);
        let cutoff = ROLL_OFF * ratio;
        let width = ZERO_CROSSINGS / ratio;
        let half = width.ceil() as usize;
        let exact = output.saturating_mul(2 * half as u64) <= EXACT_TABLE_MAX as u64;
        let rows =
            if exact { output as usize } else { (INTERPOLATED_ROWS * ratio).ceil() as usize };
        // An interpolated table ends with the row at phase 1, the neighbour of its last one.
        let stored = if exact { rows } else { rows + 1 };
        let table = (0..stored)
            .flat_map(|row| taps(row as f64 / rows as f64, half, cutoff, width))
            .collect();
        Filter { half, rows, exact, table, arch: Arch::new() }
    }

    fn apply(&self, window: &[f32], phase: u64, phases: u64) -> f32 {
        if self.exact {
            return self.dot(window, phase as usize);
        }
        let at = phase as f64 / phases as f64 * self.rows as f64;
        let (row, fraction) = (at as usize, at.fract() as f32);
        let (left, right) = (self.dot(window, row), self.dot(window, row + 1));
        left + (right - left) * fraction
    }

    fn dot(&self, window: &[f32], row: usize) -> f32 {
        let taps = 2 * self.half;
        let row = self.table.get(row * taps..(row + 1) * taps).unwrap_or_default();
        self.arch.dispatch(Dot(window, row))
    }
}

/// The taps for an output that lies `fraction` of a sample after the window's middle.
fn taps(fraction: f64, half: usize, cutoff: f64, width: f64) -> Vec<f32> {
    let taps: Vec<f64> = (0..2 * half)
        .map(|tap| {
            let distance = tap as f64 - (half as f64 - 1.0) - fraction;
            sinc(cutoff * distance) * kaiser(distance / width)
        })
        .collect();
    // Every phase has the same gain at zero frequency, so a constant stays constant.
    let gain: f64 = taps.iter().sum();
    taps.into_iter().map(|tap| (tap / gain) as f32).collect()
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

fn kaiser(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { bessel_i0(KAISER_BETA * (1.0 - x * x).sqrt()) }
}

/// The modified Bessel function of order zero, by its power series.
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

/// The sum of products, in the widest vectors of the CPU it runs on.
struct Dot<'s>(&'s [f32], &'s [f32]);

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let ((a, a_tail), (b, b_tail)) = (S::as_simd_f32s(self.0), S::as_simd_f32s(self.1));
        // Two sums, so that one does not wait for the other.
        let mut sums = [simd.splat_f32s(0.0); 2];
        let (a_pairs, a_last) = pulp::as_arrays::<2, _>(a);
        let (b_pairs, b_last) = pulp::as_arrays::<2, _>(b);
        for ([a0, a1], [b0, b1]) in a_pairs.iter().zip(b_pairs) {
            let [sum0, sum1] = sums;
            sums = [simd.mul_add_e_f32s(*a0, *b0, sum0), simd.mul_add_e_f32s(*a1, *b1, sum1)];
        }
        let [mut sum, other] = sums;
        sum = simd.add_f32s(sum, other);
        for (a, b) in a_last.iter().zip(b_last) {
            sum = simd.mul_add_e_f32s(*a, *b, sum);
        }
        let tail: f32 = a_tail.iter().zip(b_tail).map(|(a, b)| a * b).sum();
        simd.reduce_sum_f32s(sum) + tail
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, hz: f64, seconds: f64) -> Vec<f32> {
        let frames = (f64::from(rate) * seconds).round() as usize;
        (0..frames)
            .map(|n| (0.5 * (2.0 * PI * hz * n as f64 / f64::from(rate)).sin()) as f32)
            .collect()
    }

    fn resample(samples: &[f32], input: u32, output: u32, block: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(input, output);
        let mut out = Vec::new();
        for block in samples.chunks(block) {
            resampler.process(block, &mut out);
        }
        resampler.flush(&mut out);
        out
    }

    fn decibels(power: f64) -> f64 {
        10.0 * power.max(1e-30).log10()
    }

    fn power(samples: impl Iterator<Item = f64>) -> f64 {
        samples.map(|sample| sample * sample).sum()
    }

    /// Signal-to-noise against the ideal sine, without the filter's reach at both ends.
    fn sine_snr(input: u32, output: u32, hz: f64) -> f64 {
        let out = resample(&sine(input, hz, 1.0), input, output, 1_000);
        let ideal = sine(output, hz, 1.0);
        assert_eq!(out.len(), ideal.len(), "{input} to {output} Hz");
        let middle = 1_000..out.len() - 1_000;
        let signal = power(ideal[middle.clone()].iter().map(|s| f64::from(*s)));
        let noise = power(
            out[middle.clone()]
                .iter()
                .zip(&ideal[middle])
                .map(|(a, b)| f64::from(*a) - f64::from(*b)),
        );
        decibels(signal / noise)
    }

    #[test]
    fn keeps_a_sine_at_common_rates() {
        for input in
            [8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000]
        {
            for hz in [200.0, 1_000.0, 3_000.0] {
                let snr = sine_snr(input, 16_000, hz);
                assert!(snr > 100.0, "{hz} Hz, {input} to 16000 Hz: {snr:.1} dB");
            }
        }
        let snr = sine_snr(48_000, 24_000, 8_000.0);
        assert!(snr > 100.0, "to 24000 Hz: {snr:.1} dB");
    }

    #[test]
    fn keeps_a_sine_at_odd_rates_with_a_bounded_table() {
        for input in [7_919, 44_287, 191_999] {
            let resampler = Resampler::new(input, 16_000);
            assert!(resampler.filter.table.len() <= EXACT_TABLE_MAX, "{input} Hz");
            let snr = sine_snr(input, 16_000, 1_000.0);
            assert!(snr > 95.0, "{input} to 16000 Hz: {snr:.1} dB");
        }
    }

    #[test]
    fn suppresses_what_would_alias() {
        for (input, hz) in [(44_100, 9_000.0), (48_000, 12_000.0), (96_000, 30_000.0)] {
            let out = resample(&sine(input, hz, 1.0), input, 16_000, 4_096);
            let middle = &out[1_000..out.len() - 1_000];
            let level =
                decibels(power(middle.iter().map(|s| f64::from(*s))) / middle.len() as f64 / 0.125);
            assert!(level < -96.0, "{hz} Hz at {input} Hz: {level:.1} dB");
        }
    }

    #[test]
    fn gives_the_same_samples_whatever_the_block_size() {
        let samples = sine(44_100, 440.0, 0.2);
        let whole = resample(&samples, 44_100, 16_000, samples.len());
        assert_eq!(whole, resample(&samples, 44_100, 16_000, 1));
        assert_eq!(whole.len(), 3_200);
    }

    #[test]
    fn passes_equal_rates_through() {
        let samples = sine(16_000, 440.0, 0.01);
        assert_eq!(samples, resample(&samples, 16_000, 16_000, 7));
    }
}
