//! Runs Silero's voice activity network for 16 kHz. The network computes the probability of speech
//! in a window of 32 ms.
//!
//! ```text
//! 64 + 512 samples -> spectra [4][129] -> convolutions [4][128], [2][64], [1][64], [1][128]
//!                  -> LSTM cell [128] -> probability
//! ```

use std::fmt;
use std::sync::{Arc, LazyLock};

use pulp::Arch;
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::activation::{sigmoid, sigmoids, tanhs};
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
const GATES: usize = 4 * HIDDEN;

/// The network and its state for one stream.
pub struct Silero {
    network: &'static Network,
    /// The samples before the window, the window, and the mirrored end of the window.
    samples: [f32; CONTEXT + WINDOW + MIRROR],
    /// The inputs of the convolutions.
    maps: [Map; 4],
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// Outputs of a layer for all windows.
    outputs: Vec<f32>,
    /// The gates of the LSTM cell for all windows.
    gates: Vec<f32>,
    cell_state: [f32; HIDDEN],
    /// The last output of the LSTM cell.
    hidden: [f32; HIDDEN],
}

impl Silero {
    pub fn new() -> Self {
        let network = &*NETWORK;
        Silero {
            network,
            samples: [0.0; CONTEXT + WINDOW + MIRROR],
            maps: [(4, BINS), (4, 128), (2, 64), (1, 64)]
                .map(|(n, channels)| Map::new(n, channels)),
            frame: network.fft.make_input_vec(),
            spectrum: network.fft.make_output_vec(),
            scratch: network.fft.make_scratch_vec(),
            outputs: Vec::new(),
            gates: Vec::new(),
            cell_state: [0.0; HIDDEN],
            hidden: [0.0; HIDDEN],
        }
    }

    /// Returns the probabilities of speech in the next windows of the stream. The network reads most
    /// of its weights once for all windows of a call.
    pub fn judge<'a, I>(&mut self, windows: I) -> Vec<f32>
    where
        I: ExactSizeIterator<Item = &'a [f32; WINDOW]>,
    {
        self.maps.iter_mut().for_each(|map| map.resize(windows.len()));
        for (index, window) in windows.enumerate() {
            self.slide(window);
            self.transform(index);
        }
        self.encode();
        let mut gates = std::mem::take(&mut self.gates);
        let probabilities = gates.chunks_exact_mut(GATES).map(|gates| self.step(gates)).collect();
        self.gates = gates;
        probabilities
    }

    fn slide(&mut self, window: &[f32; WINDOW]) {
        self.samples.copy_within(WINDOW..WINDOW + CONTEXT, 0);
        let (seen, mirrored) = self.samples.split_at_mut(CONTEXT + WINDOW);
        seen.iter_mut().skip(CONTEXT).zip(window).for_each(|(seen, sample)| *seen = *sample);
        let backwards = seen.iter().rev().skip(1);
        mirrored.iter_mut().zip(backwards).for_each(|(mirrored, sample)| *mirrored = *sample);
    }

    /// Computes the spectra of the samples. Writes the magnitudes of spectrum `n` to position `n`
    /// of the first map of a window.
    fn transform(&mut self, window: usize) {
        let [spectra, ..] = &mut self.maps;
        let frames = self.samples.windows(FFT_SIZE).step_by(FFT_HOP);
        let positions = spectra.positions_of(window).chunks_exact_mut(BINS);
        for (samples, magnitudes) in frames.zip(positions) {
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

    /// Computes the gates of the LSTM cell from the spectra, without the part of its last output.
    fn encode(&mut self) {
        let [spectra, wide, middle, narrow] = &mut self.maps;
        let [first, second, third, fourth] = &self.network.convolutions;
        first.apply(spectra, &mut self.outputs);
        wide.fill(&self.outputs);
        second.apply(wide, &mut self.outputs);
        middle.fill(&self.outputs);
        third.apply(middle, &mut self.outputs);
        narrow.fill(&self.outputs);
        fourth.apply(narrow, &mut self.outputs);
        let encoded: Vec<&[f32]> = self.outputs.chunks_exact(HIDDEN).collect();
        self.gates.resize(encoded.len() * GATES, 0.0);
        self.network.cell_input.apply(&encoded, &mut self.gates);
    }

    /// Runs the LSTM cell and computes the probability from its output.
    fn step(&mut self, gates: &mut [f32]) -> f32 {
        let Network { arch, cell_hidden, output, output_bias, .. } = self.network;
        cell_hidden.accumulate(&[&self.hidden], gates);
        arch.dispatch(|| update_cell(gates, &mut self.cell_state, &mut self.hidden));
        let weighed = self.hidden.iter().zip(output);
        sigmoid(weighed.fold(*output_bias, |sum, (hidden, weight)| sum + weight * hidden.max(0.0)))
    }
}

/// Computes the next state and output of the LSTM cell. `gates` are the values of the input, forget,
/// candidate and output gates before their activation functions.
#[inline(always)]
fn update_cell(gates: &mut [f32], state: &mut [f32], hidden: &mut [f32]) {
    let (input_forget, candidate_output) = gates.split_at_mut(2 * HIDDEN);
    let (candidates, outputs) = candidate_output.split_at_mut(HIDDEN);
    sigmoids(input_forget);
    tanhs(candidates);
    sigmoids(outputs);
    let (inputs, forgets) = input_forget.split_at(HIDDEN);
    let gates = inputs.iter().zip(forgets).zip(candidates);
    for (state, ((input, forget), candidate)) in state.iter_mut().zip(gates) {
        *state = forget * *state + input * *candidate;
    }
    hidden.copy_from_slice(state);
    tanhs(hidden);
    hidden.iter_mut().zip(outputs).for_each(|(hidden, output)| *hidden *= *output);
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
    arch: Arch,
    hann: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
    convolutions: [Convolution; 4],
    cell_input: Dense,
    cell_hidden: Dense,
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
        let (of_input, of_hidden) = (weights.take(GATES * HIDDEN), weights.take(GATES * HIDDEN));
        let (input_bias, hidden_bias) = (weights.take(GATES), weights.take(GATES));
        let bias = input_bias.iter().zip(hidden_bias).map(|(input, hidden)| input + hidden);
        Network {
            arch: Arch::new(),
            hann: hann(FFT_SIZE),
            fft: RealFftPlanner::new().plan_fft_forward(FFT_SIZE),
            convolutions,
            cell_input: Dense::new(&of_input, HIDDEN, bias.collect()),
            cell_hidden: Dense::new(&of_hidden, HIDDEN, vec![0.0; GATES]),
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

    /// Writes the outputs of all windows, one after the other.
    fn apply(&self, map: &Map, outputs: &mut Vec<f32>) {
        let step = self.stride * self.inputs;
        let inputs: Vec<&[f32]> = map
            .windows()
            .flat_map(|window| window.windows(3 * self.inputs).step_by(step))
            .collect();
        outputs.resize(inputs.len() * self.outputs, 0.0);
        self.dense.apply(&inputs, outputs);
        outputs.iter_mut().for_each(|value| *value = value.max(0.0));
    }
}

/// The inputs of a convolution: `[windows][positions][channels]`, with a position of zeros before
/// and after those of a window.
struct Map {
    values: Vec<f32>,
    channels: usize,
    /// Number of values of a window.
    length: usize,
}

impl Map {
    fn new(positions: usize, channels: usize) -> Self {
        Map { values: Vec::new(), channels, length: (positions + 2) * channels }
    }

    fn resize(&mut self, windows: usize) {
        self.values.resize(windows * self.length, 0.0);
    }

    fn windows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.length)
    }

    /// Returns the positions of a window without the zeros around them.
    fn positions_of(&mut self, window: usize) -> &mut [f32] {
        let start = window * self.length;
        let inner = start + self.channels..start + self.length - self.channels;
        self.values.get_mut(inner).unwrap_or_default()
    }

    fn fill(&mut self, values: &[f32]) {
        let length = self.length - 2 * self.channels;
        for (window, values) in values.chunks_exact(length).enumerate() {
            self.positions_of(window).copy_from_slice(values);
        }
    }
}

struct Weights<'a>(std::slice::Iter<'a, [u8; 4]>);

impl Weights<'_> {
    fn take(&mut self, count: usize) -> Vec<f32> {
        self.0.by_ref().take(count).map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }
}
