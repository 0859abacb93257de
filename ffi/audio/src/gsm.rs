//! Decodes GSM 06.10 (ETSI EN 300 961, full rate) in the packing of Microsoft's wav files: a block
//! of 65 bytes contains two frames of 160 samples. The arithmetic is that of the standard, so the
//! samples are exact.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::common::FourCc;
use symphonia::core::io::{BitReaderRtl, ReadBitsRtl};

/// Symphonia does not define an id for GSM.
pub const CODEC_ID_GSM_MS: AudioCodecId = AudioCodecId::new(FourCc::new(*b"gsmM"));

/// Size in bytes of a block of two frames. `BLOCK_FRAMES` is the number of its samples.
pub const BLOCK_BYTES: usize = 65;
pub const BLOCK_FRAMES: usize = 2 * SAMPLES;

#[derive(Debug)]
pub struct Gsm {
    /// The last samples of the residual signal. The predictor of the next subframe reads them.
    residual: [i16; LAG_MAX],
    lag: usize,
    /// The logarithmic area ratios of the previous frame.
    ratios: [i16; ORDER],
    /// State of the synthesis filter and of the de-emphasis filter.
    filter: [i16; ORDER + 1],
    emphasis: i16,
}

impl Gsm {
    pub fn new() -> Self {
        Gsm {
            residual: [0; LAG_MAX],
            lag: LAG_MIN,
            ratios: [0; ORDER],
            filter: [0; ORDER + 1],
            emphasis: 0,
        }
    }

    /// Decodes whole blocks into one plane.
    pub fn decode(&mut self, packet: &[u8], planes: &mut Vec<Vec<f32>>) {
        let mut plane = planes.drain(..).next().unwrap_or_default();
        plane.clear();
        for block in packet.chunks_exact(BLOCK_BYTES) {
            let mut bits = Bits(BitReaderRtl::new(block));
            for _ in 0..2 {
                let samples = self.decode_frame(&mut bits);
                plane.extend(samples.map(|sample| f32::from(sample) / 32_768.0));
            }
        }
        planes.push(plane);
    }

    fn decode_frame(&mut self, bits: &mut Bits) -> [i16; SAMPLES] {
        let ratios: [i16; ORDER] = RATIOS.map(|ratio| ratio.read(bits));
        let mut excitation = [0; SAMPLES];
        for subframe in excitation.chunks_exact_mut(SUBFRAME) {
            self.decode_subframe(bits, subframe);
        }
        let mut samples = self.synthesize(&ratios, &excitation);
        self.ratios = ratios;
        for sample in &mut samples {
            self.emphasis = sample.saturating_add(multiply(self.emphasis, EMPHASIS));
            *sample = self.emphasis.saturating_add(self.emphasis) & !7;
        }
        samples
    }

    /// Decodes the residual signal of a quarter of a frame.
    fn decode_subframe(&mut self, bits: &mut Bits, residual: &mut [i16]) {
        let lag = bits.read(7) as usize;
        let gain = GAINS.get(bits.read(2) as usize).copied().unwrap_or_default();
        let grid = bits.read(2) as usize;
        let pulses = read_pulses(bits);
        if (LAG_MIN..=LAG_MAX).contains(&lag) {
            self.lag = lag;
        }
        // The lag is at least as long as the subframe, so all predicted samples are known.
        let past = self.residual.iter().skip(LAG_MAX - self.lag);
        for (sample, past) in residual.iter_mut().zip(past) {
            *sample = multiply(gain, *past);
        }
        for (sample, pulse) in residual.iter_mut().skip(grid).step_by(3).zip(pulses) {
            *sample = sample.saturating_add(pulse);
        }
        self.residual.rotate_left(SUBFRAME);
        let newest = self.residual.iter_mut().skip(LAG_MAX - SUBFRAME);
        newest.zip(residual).for_each(|(newest, sample)| *newest = *sample);
    }

    fn synthesize(&mut self, ratios: &[i16; ORDER], excitation: &[i16]) -> [i16; SAMPLES] {
        let mut samples = [0; SAMPLES];
        let mut pairs = samples.iter_mut().zip(excitation);
        for (count, weights) in INTERPOLATION {
            let mut reflections = [0; ORDER];
            let sources = self.ratios.iter().zip(ratios);
            for (reflection, (before, now)) in reflections.iter_mut().zip(sources) {
                *reflection = to_reflection(weights(*before, *now));
            }
            for (sample, excitation) in pairs.by_ref().take(count) {
                *sample = self.filter(&reflections, *excitation);
            }
        }
        samples
    }

    /// Filters one sample with the lattice filter of the standard.
    fn filter(&mut self, reflections: &[i16; ORDER], excitation: i16) -> i16 {
        let mut sample = excitation;
        // Each stage writes the state of the stage above it, so the loop starts at the top.
        for stage in (0..ORDER).rev() {
            let (Some(reflection), Some([state, above])) = (
                reflections.get(stage).copied(),
                self.filter.get_mut(stage..).and_then(|states| states.first_chunk_mut::<2>()),
            ) else {
                continue;
            };
            sample = sample.saturating_sub(multiply(reflection, *state));
            *above = state.saturating_add(multiply(reflection, sample));
        }
        if let Some(lowest) = self.filter.first_mut() {
            *lowest = sample;
        }
        sample
    }
}

// --- internal ---

const SAMPLES: usize = 160;
/// Number of samples in a subframe. A subframe has `PULSES` pulses, which are three samples apart.
const SUBFRAME: usize = 40;
const PULSES: usize = 13;
/// Order of the synthesis filter.
const ORDER: usize = 8;
/// Range of the distance in samples between a subframe and the samples that predict it.
const LAG_MIN: usize = 40;
const LAG_MAX: usize = 120;
/// Gains of the predictor.
const GAINS: [i16; 4] = [3_277, 11_469, 21_299, 32_767];
/// Factors of the pulses.
const FACTORS: [i16; 8] = [18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767];
const EMPHASIS: i16 = 28_180;

/// The code of a logarithmic area ratio: its number of bits, and the values that decode it.
#[derive(Clone, Copy)]
struct Ratio {
    bits: u32,
    minimum: i16,
    offset: i16,
    factor: i16,
}

const fn ratio(bits: u32, minimum: i16, offset: i16, factor: i16) -> Ratio {
    Ratio { bits, minimum, offset, factor }
}

const RATIOS: [Ratio; ORDER] = [
    ratio(6, -32, 0, 13_107),
    ratio(6, -32, 0, 13_107),
    ratio(5, -16, 2_048, 13_107),
    ratio(5, -16, -2_560, 13_107),
    ratio(4, -8, 94, 19_223),
    ratio(4, -8, -1_792, 17_476),
    ratio(3, -4, -341, 31_454),
    ratio(3, -4, -1_144, 29_708),
];

impl Ratio {
    fn read(self, bits: &mut Bits) -> i16 {
        let code = bits.read(self.bits) + self.minimum;
        let ratio = multiply(self.factor, (code << 10).saturating_sub(self.offset << 1));
        ratio.saturating_add(ratio)
    }
}

type Weights = fn(i16, i16) -> i16;

/// Numbers of samples with the same filter, and the mix of the ratios of the previous and the
/// current frame for this filter.
const INTERPOLATION: [(usize, Weights); 4] = [
    (13, |before, now| ((before >> 2).saturating_add(now >> 2)).saturating_add(before >> 1)),
    (14, |before, now| (before >> 1).saturating_add(now >> 1)),
    (13, |before, now| ((before >> 2).saturating_add(now >> 2)).saturating_add(now >> 1)),
    (120, |_, now| now),
];

/// Converts a logarithmic area ratio to a reflection coefficient.
fn to_reflection(ratio: i16) -> i16 {
    let magnitude = match ratio.saturating_abs() {
        low @ ..11_059 => low << 1,
        middle @ 11_059..20_070 => middle + 11_059,
        high => (high >> 2).saturating_add(26_112),
    };
    if ratio < 0 { -magnitude } else { magnitude }
}

/// Reads the pulses of a subframe: their largest magnitude, then a code of three bits for each.
fn read_pulses(bits: &mut Bits) -> [i16; PULSES] {
    let largest = bits.read(6);
    // The code of the magnitude is a number with an exponent and a mantissa of three bits.
    let mut exponent = if largest > 15 { (largest >> 3) - 1 } else { 0 };
    let mut mantissa = largest - (exponent << 3);
    if mantissa == 0 {
        (exponent, mantissa) = (-4, 7);
    } else {
        while mantissa <= 7 {
            mantissa = mantissa << 1 | 1;
            exponent -= 1;
        }
        mantissa -= 8;
    }
    let factor = FACTORS.get(mantissa as usize).copied().unwrap_or_default();
    let shift = 6 - exponent;
    let half = 1 << shift >> 1;
    std::array::from_fn(|_| {
        let code = (bits.read(3) << 1) - 7;
        multiply(factor, code << 12).saturating_add(half) >> shift
    })
}

/// Multiplies two fractions of 15 bits and rounds the product.
fn multiply(a: i16, b: i16) -> i16 {
    let product = (i32::from(a) * i32::from(b) + (1 << 14)) >> 15;
    product.min(i16::MAX.into()) as i16
}

/// The bits of a block. The lowest bit of a byte comes first.
struct Bits<'b>(BitReaderRtl<'b>);

impl Bits<'_> {
    /// Reads a number of at most 15 bits. Bits after the end are 0.
    fn read(&mut self, count: u32) -> i16 {
        self.0.read_bits_leq32(count).map_or(0, |value| value as i16)
    }
}
