//! Computes Whisper's features: a spectrum every 10 ms in 80 or 128 mel bands, on a logarithmic
//! scale.

use std::f32::consts::LOG10_E;
use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::hann::hann;
use crate::mel_filters::{MelFilter, mel_filters};

const SAMPLE_RATE: f64 = 16_000.0;
const FFT_SIZE: usize = 400;
const BINS: usize = FFT_SIZE / 2 + 1;
pub const HOP: usize = 160;
/// Number of samples that are mirrored at each end. With mirrored samples, the center of frame `n`
/// is sample `n * HOP`.
const MIRROR: usize = FFT_SIZE / 2;
/// Minimum number of samples that is necessary for mirroring.
pub const SAMPLES_MIN: usize = MIRROR + 1;

/// Minimum power. A lower power counts as silence. `LOG_POWER_MIN` is the logarithm of this power.
const POWER_MIN: f32 = 1e-10;
const LOG_POWER_MIN: f32 = -10.0;
/// Maximum difference between two output values, as a logarithm with base 10 (80 dB). Values below
/// the largest value minus this difference are raised to that limit.
const RANGE: f32 = 8.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mels {
    Eighty,
    OneHundredTwentyEight,
}

/// Returns the number of frames of `samples` samples. The last frame is omitted, as in the
/// reference implementation.
pub fn frame_count(samples: usize) -> usize {
    samples / HOP
}

/// Computes the features of `samples` and `padding` zeros, which together must be at least
/// `SAMPLES_MIN`. Writes one row of `columns` values per mel band. Columns without a frame become
/// 0.
pub fn log_mel(mels: Mels, samples: &[f32], padding: usize, columns: usize, rows: &mut [f32]) {
    let filters: &[MelFilter] = match mels {
        Mels::Eighty => &FILTERS_80,
        Mels::OneHundredTwentyEight => &FILTERS_128,
    };
    let audio = Audio { samples, total: samples.len() + padding };
    let frames = frame_count(audio.total);
    let mut analysis = Analysis::new();
    let mut loudest = LOG_POWER_MIN;
    for index in 0..frames {
        let power = analysis.power(&audio, index);
        let cells = rows.chunks_exact_mut(columns).map(|row| row.get_mut(index));
        for (cell, filter) in cells.zip(filters) {
            let value = power.map_or(LOG_POWER_MIN, |power| log_energy(filter, power));
            loudest = loudest.max(value);
            if let Some(cell) = cell {
                *cell = value;
            }
        }
    }
    for row in rows.chunks_exact_mut(columns) {
        let (used, unused) = row.split_at_mut(frames.min(columns));
        used.iter_mut().for_each(|value| *value = (value.max(loudest - RANGE) + 4.0) / 4.0);
        unused.fill(0.0);
    }
}

// --- internal ---

static FILTERS_80: LazyLock<Vec<MelFilter>> =
    LazyLock::new(|| mel_filters(80, SAMPLE_RATE, FFT_SIZE));
static FILTERS_128: LazyLock<Vec<MelFilter>> =
    LazyLock::new(|| mel_filters(128, SAMPLE_RATE, FFT_SIZE));
static HANN: LazyLock<Vec<f32>> = LazyLock::new(|| hann(FFT_SIZE));
static FFT: LazyLock<Arc<dyn RealToComplex<f32>>> =
    LazyLock::new(|| RealFftPlanner::new().plan_fft_forward(FFT_SIZE));

fn log_energy(filter: &MelFilter, power: &[f32]) -> f32 {
    let power = power.iter().skip(filter.first_bin);
    let energy: f32 = filter.weights.iter().zip(power).map(|(weight, power)| weight * power).sum();
    // `ln` and a multiplication take half the time of `log10`.
    energy.max(POWER_MIN).ln() * LOG10_E
}

/// The samples, followed by zeros up to the length `total`. Both ends are mirrored.
struct Audio<'a> {
    samples: &'a [f32],
    total: usize,
}

impl Audio<'_> {
    /// Fills `frame` with samples. Returns false if all samples of the frame are 0.
    fn frame(&self, index: usize, frame: &mut [f32]) -> bool {
        let start = (index * HOP).checked_sub(MIRROR);
        let within = start.and_then(|start| self.samples.get(start..start + FFT_SIZE));
        if let Some(samples) = within {
            frame.copy_from_slice(samples);
        } else {
            for (offset, value) in frame.iter_mut().enumerate() {
                *value = self.at(index * HOP + offset);
            }
        }
        frame.iter().any(|sample| *sample != 0.0)
    }

    /// Returns the sample at a position. Positions count from the first mirrored sample.
    fn at(&self, position: usize) -> f32 {
        let index = position.abs_diff(MIRROR);
        let last = self.total - 1;
        let index = if index > last { 2 * last - index } else { index };
        self.samples.get(index).copied().unwrap_or(0.0)
    }
}

/// Buffers that are reused for every spectrum.
struct Analysis {
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    power: Vec<f32>,
}

impl Analysis {
    fn new() -> Self {
        Analysis {
            frame: FFT.make_input_vec(),
            spectrum: FFT.make_output_vec(),
            scratch: FFT.make_scratch_vec(),
            power: vec![0.0; BINS],
        }
    }

    /// Returns the power of each bin of a frame; `None` if the frame is silent.
    fn power(&mut self, audio: &Audio<'_>, index: usize) -> Option<&[f32]> {
        if !audio.frame(index, &mut self.frame) {
            return None;
        }
        self.frame.iter_mut().zip(HANN.iter()).for_each(|(sample, weight)| *sample *= weight);
        // The call fails only if a buffer has a wrong size, which is impossible here.
        let _ = FFT.process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch);
        let bins = self.power.iter_mut().zip(&self.spectrum);
        bins.for_each(|(power, bin)| *power = bin.norm_sqr());
        Some(&self.power)
    }
}
