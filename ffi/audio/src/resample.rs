//! Converts the sample rate with a polyphase filter while samples arrive. Except for rounding, the
//! result is the same as that of ffmpeg's `-ar` (libswresample with its default settings). This is
//! necessary because speech models were trained on audio that ffmpeg converted.
//!
//! Output sample `n` is exactly at input position `n * input / output`. At both ends of the stream,
//! the filter needs samples outside of the stream. It uses the mirrored samples of the stream
//! instead.

mod filter;

use pulp::{Arch, Simd, WithSimd};

use filter::{Filter, LANES};

#[derive(Debug)]
pub struct Resampler {
    /// Input rate, divided by the greatest common divisor of both rates. `output` is the output
    /// rate, divided in the same way.
    input: u64,
    output: u64,
    filter: Filter,
    arch: Arch,
    /// Input samples that the filter still needs. At the start of the stream, the first samples are
    /// also inserted before the start, in mirrored order.
    pending: Vec<f32>,
    mirrored: bool,
    /// Start of the window of the next output sample, as an index into `pending`. An output sample
    /// lies between two input samples. `phase / output` is its distance from the first of them.
    position: usize,
    phase: u64,
    consumed: u64,
    produced: u64,
}

impl Resampler {
    pub fn new(input_rate: u32, output_rate: u32) -> Self {
        let (input, output) = lowest_terms(input_rate, output_rate);
        Resampler {
            input,
            output,
            filter: Filter::new(input, output),
            arch: Arch::new(),
            pending: Vec::new(),
            mirrored: false,
            position: 0,
            phase: 0,
            consumed: 0,
            produced: 0,
        }
    }

    /// Returns the size in bytes of the filter table that converts between two rates.
    pub fn table_bytes(input_rate: u32, output_rate: u32) -> u64 {
        let (input, output) = lowest_terms(input_rate, output_rate);
        Filter::table_bytes(input, output)
    }

    /// Processes the next input samples, and appends all complete output samples to `out`.
    pub fn process(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        if self.input == self.output {
            out.extend_from_slice(samples);
            return;
        }
        self.consumed += samples.len() as u64;
        self.pending.extend_from_slice(samples);
        if self.pending.len() > self.filter.center {
            self.mirror_start();
            self.run(u64::MAX, out);
        }
    }

    /// Appends the output samples that remain at the end of the stream.
    pub fn flush(&mut self, out: &mut Vec<f32>) {
        if self.input == self.output || self.consumed == 0 {
            return;
        }
        self.mirror_start();
        let end = self.pending.len();
        for n in 0..=self.filter.center {
            let mirrored = self.pending.get(end.saturating_sub(n + 1)).copied();
            self.pending.push(mirrored.unwrap_or_default());
        }
        // A window may extend beyond the end of the stream, because it ends with padding. The
        // coefficients of the padding are zero, so the values of these samples have no effect.
        self.pending.resize(self.pending.len() + LANES, 0.0);
        self.run((self.consumed * self.output).div_ceil(self.input), out);
    }

    fn run(&mut self, produced_max: u64, out: &mut Vec<f32>) {
        let step = Step {
            whole: (self.input / self.output) as usize,
            phase: self.input % self.output,
            phases: self.output,
        };
        let pass = Pass {
            filter: &self.filter,
            pending: &self.pending,
            step,
            position: self.position,
            phase: self.phase,
            count_max: produced_max - self.produced,
            out,
        };
        let passed = self.arch.dispatch(pass);
        self.produced += passed.count;
        self.phase = passed.phase;
        let done = passed.position.min(self.pending.len());
        self.pending.drain(..done);
        self.position = passed.position - done;
    }

    /// At the first call, inserts the first samples before the start, in mirrored order. The first
    /// sample itself is not repeated.
    fn mirror_start(&mut self) {
        if self.mirrored {
            return;
        }
        let last = self.pending.len().saturating_sub(1);
        let mirror = (1..=self.filter.center).rev();
        let before: Vec<f32> =
            mirror.filter_map(|n| self.pending.get(n.min(last)).copied()).collect();
        self.pending.splice(0..0, before);
        self.mirrored = true;
    }
}

/// The distance between two output samples, as a number of input samples and a number of phases.
#[derive(Clone, Copy)]
struct Step {
    whole: usize,
    phase: u64,
    phases: u64,
}

/// Filters all complete windows in `pending`. Uses the widest vectors of the CPU.
struct Pass<'s> {
    filter: &'s Filter,
    pending: &'s [f32],
    step: Step,
    position: usize,
    phase: u64,
    count_max: u64,
    out: &'s mut Vec<f32>,
}

/// The position that a pass has reached in the input.
struct Passed {
    position: usize,
    phase: u64,
    count: u64,
}

impl WithSimd for Pass<'_> {
    type Output = Passed;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Passed {
        let Pass { filter, pending, step, mut position, mut phase, count_max, out } = self;
        let mut count = 0;
        while count < count_max {
            let Some(window) = pending.get(position..position + filter.width) else {
                break;
            };
            let sample = if filter.interpolated {
                let at = phase * filter.rows;
                let row = (at / step.phases) as usize;
                let fraction = (at % step.phases) as f32 / step.phases as f32;
                let here = dot(simd, window, filter.row(row));
                here + (dot(simd, window, filter.row(row + 1)) - here) * fraction
            } else {
                dot(simd, window, filter.row(phase as usize))
            };
            out.push(sample);
            count += 1;
            position += step.whole;
            phase += step.phase;
            if phase >= step.phases {
                phase -= step.phases;
                position += 1;
            }
        }
        Passed { position, phase, count }
    }
}

/// Returns the sum of products of two slices that consist of whole vectors.
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let ((a, _), (b, _)) = (S::as_simd_f32s(a), S::as_simd_f32s(b));
    // There are two sums, because the CPU can update two sums in parallel.
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
    simd.reduce_sum_f32s(sum)
}

fn lowest_terms(input_rate: u32, output_rate: u32) -> (u64, u64) {
    let divisor = greatest_common_divisor(input_rate, output_rate).max(1);
    (u64::from(input_rate / divisor), u64::from(output_rate / divisor))
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

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

    /// Returns the signal-to-noise ratio in dB, compared with the ideal sine. The start and the end
    /// are not compared.
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
                assert!(snr > 90.0, "{hz} Hz, {input} to 16000 Hz: {snr:.1} dB");
            }
        }
        let snr = sine_snr(48_000, 24_000, 8_000.0);
        assert!(snr > 95.0, "to 24000 Hz: {snr:.1} dB");
    }

    #[test]
    fn keeps_a_sine_at_odd_rates_with_a_bounded_table() {
        for input in [8_000, 44_100, 7_919, 44_287, 191_999, 767_984, 767_999] {
            let filter = Resampler::new(input, 16_000).filter;
            let bytes = Resampler::table_bytes(input, 16_000);
            assert_eq!(4 * filter.len() as u64, bytes, "{input} Hz");
            assert!(bytes < 160 << 10, "{input} Hz: {bytes} bytes");
            let snr = sine_snr(input, 16_000, 1_000.0);
            assert!(snr > 95.0, "{input} to 16000 Hz: {snr:.1} dB");
        }
    }

    #[test]
    fn suppresses_frequencies_above_the_new_nyquist_frequency() {
        for (input, hz) in [(44_100, 11_000.0), (48_000, 12_000.0), (96_000, 30_000.0)] {
            let out = resample(&sine(input, hz, 1.0), input, 16_000, 4_096);
            let middle = &out[1_000..out.len() - 1_000];
            let level =
                decibels(power(middle.iter().map(|s| f64::from(*s))) / middle.len() as f64 / 0.125);
            assert!(level < -96.0, "{hz} Hz at {input} Hz: {level:.1} dB");
        }
    }

    #[test]
    fn keeps_a_constant_up_to_both_ends() {
        for input in [8_000, 11_025, 44_100, 44_287, 192_000] {
            let out = resample(&[0.25; 5_000], input, 16_000, 100);
            assert!(out.iter().all(|sample| (sample - 0.25).abs() < 1e-5), "{input} Hz");
        }
    }

    #[test]
    fn resamples_inputs_shorter_than_the_filter() {
        assert!(resample(&[], 44_100, 16_000, 1).is_empty());
        for count in 1..100 {
            let out = resample(&vec![0.5; count], 44_100, 16_000, 1);
            assert_eq!(out.len(), (count * 160).div_ceil(441));
            assert!(out.iter().all(|sample| (sample - 0.5).abs() < 1e-5), "{count}");
        }
    }

    #[test]
    fn block_size_does_not_change_the_samples() {
        let samples = sine(44_100, 440.0, 0.2);
        let whole = resample(&samples, 44_100, 16_000, samples.len());
        assert_eq!(whole, resample(&samples, 44_100, 16_000, 1));
        assert_eq!(whole.len(), 3_200);
    }

    #[test]
    fn equal_rates_leave_samples_unchanged() {
        let samples = sine(16_000, 440.0, 0.01);
        assert_eq!(samples, resample(&samples, 16_000, 16_000, 7));
    }
}
