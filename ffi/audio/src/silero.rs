//! Runs Silero's voice activity network for 16 kHz. The network computes the probability of speech
//! in a window of 32 ms.
//!
//! ```text
//! 64 + 512 samples -> spectra [4][129] -> convolutions [4][128], [2][64], [1][64], [1][128]
//!                  -> LSTM cell [128] -> probability
//! ```

use std::fmt;
use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::dense::Dense;
use crate::hann::hann;

/// Number of samples in a window.
pub const WINDOW: usize = 512;
/// Number of samples before the window that the network also needs.
const CONTEXT: usize = 64;
/// Number of samples that are mirrored at the end, so that the last spectrum is complete.
const MIRROR: usize = 64;
const FFT_SIZE: usize = 256;
const FFT_HOP: usize = 128;
const BINS: usize = FFT_SIZE / 2 + 1;
/// Size of the input, output and state of the LSTM cell.
const HIDDEN: usize = 128;

/// The network and its state for one stream.
pub struct Silero {
    network: &'static Network,
    /// The samples before the window, the window, and the mirrored end of the window.
    samples: [f32; CONTEXT + WINDOW + MIRROR],
    /// The inputs of the convolutions. `Convolution` describes their layout.
    maps: [Vec<f32>; 4],
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// The encoded window, followed by the last output of the LSTM cell.
    cell_input: [f32; 2 * HIDDEN],
    cell_state: [f32; HIDDEN],
    gates: [f32; 4 * HIDDEN],
}

impl Silero {
    pub fn new() -> Self {
        let network = &*NETWORK;
        let map = |positions: usize, channels: usize| vec![0.0; (positions + 2) * channels];
        Silero {
            network,
            samples: [0.0; CONTEXT + WINDOW + MIRROR],
            maps: [map(4, BINS), map(4, 128), map(2, 64), map(1, 64)],
            frame: network.fft.make_input_vec(),
            spectrum: network.fft.make_output_vec(),
            scratch: network.fft.make_scratch_vec(),
            cell_input: [0.0; 2 * HIDDEN],
            cell_state: [0.0; HIDDEN],
            gates: [0.0; 4 * HIDDEN],
        }
    }

    /// Returns the probability of speech in the next window of the stream.
    pub fn judge(&mut self, window: &[f32; WINDOW]) -> f32 {
        self.slide(window);
        self.transform();
        self.encode();
        self.step()
    }

    fn slide(&mut self, window: &[f32; WINDOW]) {
        self.samples.copy_within(WINDOW..WINDOW + CONTEXT, 0);
        let (seen, mirrored) = self.samples.split_at_mut(CONTEXT + WINDOW);
        seen.iter_mut().skip(CONTEXT).zip(window).for_each(|(seen, sample)| *seen = *sample);
        let backwards = seen.iter().rev().skip(1);
        mirrored.iter_mut().zip(backwards).for_each(|(mirrored, sample)| *mirrored = *sample);
    }

    /// Computes the spectra of the samples. Writes the magnitudes of spectrum `n` to position `n`
    /// of the first map.
    fn transform(&mut self) {
        let [spectra, ..] = &mut self.maps;
        let frames = self.samples.windows(FFT_SIZE).step_by(FFT_HOP);
        for (samples, magnitudes) in frames.zip(inner(spectra, BINS).chunks_exact_mut(BINS)) {
            for ((frame, sample), weight) in
                self.frame.iter_mut().zip(samples).zip(&self.network.hann)
            {
                *frame = sample * weight;
            }
            let Network { fft, .. } = self.network;
            // The call fails only if a buffer has a wrong size, which is impossible here.
            let _ =
                fft.process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch);
            for (magnitude, bin) in magnitudes.iter_mut().zip(&self.spectrum) {
                *magnitude = bin.norm_sqr().sqrt();
            }
        }
    }

    /// Computes the first half of the LSTM cell's input from the spectra.
    fn encode(&mut self) {
        let [spectra, wide, middle, narrow] = &mut self.maps;
        let [first, second, third, fourth] = &self.network.convolutions;
        let (encoded, _) = self.cell_input.split_at_mut(HIDDEN);
        first.apply(spectra, inner(wide, 128));
        second.apply(wide, inner(middle, 64));
        third.apply(middle, inner(narrow, 64));
        fourth.apply(narrow, encoded);
    }

    /// Runs the LSTM cell and computes the probability from its output.
    fn step(&mut self) -> f32 {
        self.network.cell.apply(&self.cell_input, &mut self.gates);
        let (input_forget, candidate_output) = self.gates.split_at(2 * HIDDEN);
        let (inputs, forgets) = input_forget.split_at(HIDDEN);
        let (candidates, outputs) = candidate_output.split_at(HIDDEN);
        let (_, hidden) = self.cell_input.split_at_mut(HIDDEN);
        let states = self.cell_state.iter_mut().zip(hidden);
        let gates = inputs.iter().zip(forgets).zip(candidates.iter().zip(outputs));
        let mut logit = self.network.output_bias;
        let weighed = states.zip(gates).zip(&self.network.output);
        for (((state, hidden), ((input, forget), (candidate, output))), weight) in weighed {
            *state = sigmoid(*forget) * *state + sigmoid(*input) * candidate.tanh();
            *hidden = sigmoid(*output) * state.tanh();
            logit += weight * hidden.max(0.0);
        }
        sigmoid(logit)
    }
}

impl Default for Silero {
    fn default() -> Self {
        Silero::new()
    }
}

impl fmt::Debug for Silero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Silero").finish_non_exhaustive()
    }
}

// --- internal ---

/// The weights of the network. All streams share them.
static NETWORK: LazyLock<Network> =
    LazyLock::new(|| Network::read(include_bytes!(env!("SILERO_WEIGHTS"))));

struct Network {
    hann: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
    convolutions: [Convolution; 4],
    cell: Dense,
    output: Vec<f32>,
    output_bias: f32,
}

impl Network {
    /// Reads the weights file that vendor/models/silero.ts creates. build.rs has checked its
    /// length.
    fn read(bytes: &[u8]) -> Self {
        let (values, _) = bytes.as_chunks::<4>();
        let mut weights = Weights(values.iter());
        let convolutions = [(BINS, 128, 1), (128, 64, 2), (64, 64, 2), (64, 128, 1)].map(
            |(inputs, outputs, stride)| Convolution::read(&mut weights, inputs, outputs, stride),
        );
        let (of_input, of_hidden) =
            (weights.take(4 * HIDDEN * HIDDEN), weights.take(4 * HIDDEN * HIDDEN));
        let rows = of_input.chunks(HIDDEN).zip(of_hidden.chunks(HIDDEN));
        let rows: Vec<f32> = rows.flat_map(|(input, hidden)| [input, hidden].concat()).collect();
        let (of_input, of_hidden) = (weights.take(4 * HIDDEN), weights.take(4 * HIDDEN));
        let bias = of_input.iter().zip(of_hidden).map(|(input, hidden)| input + hidden).collect();
        Network {
            hann: hann(FFT_SIZE),
            fft: RealFftPlanner::new().plan_fft_forward(FFT_SIZE),
            convolutions,
            cell: Dense::new(&rows, 2 * HIDDEN, bias),
            output: weights.take(HIDDEN),
            output_bias: weights.take(1).iter().sum(),
        }
    }
}

/// A convolution over three positions, followed by ReLU. A map has the layout
/// `[positions][channels]`, with a position of zeros at each end.
struct Convolution {
    dense: Dense,
    inputs: usize,
    outputs: usize,
    stride: usize,
}

impl Convolution {
    fn read(weights: &mut Weights, inputs: usize, outputs: usize, stride: usize) -> Self {
        let kernel = weights.take(outputs * inputs * 3);
        let bias = weights.take(outputs);
        // ONNX stores the kernel as [outputs][inputs][3]. The layout here is [outputs][3][inputs],
        // which matches the layout of a map.
        let rows: Vec<f32> = kernel
            .chunks(inputs * 3)
            .flat_map(|row| (0..3).flat_map(move |position| row.iter().skip(position).step_by(3)))
            .copied()
            .collect();
        Convolution { dense: Dense::new(&rows, inputs * 3, bias), inputs, outputs, stride }
    }

    fn apply(&self, map: &[f32], output: &mut [f32]) {
        let windows = map.windows(3 * self.inputs).step_by(self.stride * self.inputs);
        for (window, output) in windows.zip(output.chunks_exact_mut(self.outputs)) {
            self.dense.apply(window, output);
            output.iter_mut().for_each(|value| *value = value.max(0.0));
        }
    }
}

/// Returns a map without the zeros at its two ends.
fn inner(map: &mut [f32], channels: usize) -> &mut [f32] {
    let end = map.len() - channels;
    map.get_mut(channels..end).unwrap_or_default()
}

struct Weights<'a>(std::slice::Iter<'a, [u8; 4]>);

impl Weights<'_> {
    fn take(&mut self, count: usize) -> Vec<f32> {
        self.0.by_ref().take(count).map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
