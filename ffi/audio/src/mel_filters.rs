//! Computes the mel filters with which Whisper was trained: triangles of equal area on Slaney's
//! scale.

/// Slaney's scale is linear up to 1 kHz (mel 15) and logarithmic above 1 kHz.
const HERTZ_PER_MEL: f64 = 200.0 / 3.0;
const KNEE_HERTZ: f64 = 1_000.0;
const KNEE_MEL: f64 = KNEE_HERTZ / HERTZ_PER_MEL;

/// A mel filter. It is stored without the zeros outside its triangle.
#[derive(Debug)]
pub struct MelFilter {
    pub first_bin: usize,
    pub weights: Vec<f32>,
}

/// Returns filters from 0 Hz to half the sample rate. They apply to the bins of a spectrum of
/// `fft_size` samples.
pub fn mel_filters(mels: usize, sample_rate: f64, fft_size: usize) -> Vec<MelFilter> {
    let hertz: Vec<f64> =
        (0..=fft_size / 2).map(|bin| bin as f64 * sample_rate / fft_size as f64).collect();
    let top = hertz_to_mel(sample_rate / 2.0);
    let edges: Vec<f64> =
        (0..mels + 2).map(|i| mel_to_hertz(i as f64 * top / (mels + 1) as f64)).collect();
    edges
        .windows(3)
        .filter_map(|edges| match edges {
            [low, middle, high] => Some(triangle(*low, *middle, *high, &hertz)),
            _ => None,
        })
        .collect()
}

// --- internal ---

/// Returns a triangular filter. `hertz` contains the frequencies of the bins.
fn triangle(low: f64, middle: f64, high: f64, hertz: &[f64]) -> MelFilter {
    let weight = |hertz: &f64| {
        let (rising, falling) = ((hertz - low) / (middle - low), (high - hertz) / (high - middle));
        (rising.min(falling) * 2.0 / (high - low)) as f32
    };
    let all = hertz.iter().map(weight);
    let first_bin = all.clone().position(|weight| weight > 0.0).unwrap_or(hertz.len());
    let weights = all.skip(first_bin).take_while(|weight| *weight > 0.0).collect();
    MelFilter { first_bin, weights }
}

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn hertz_to_mel(hertz: f64) -> f64 {
    if hertz < KNEE_HERTZ {
        hertz / HERTZ_PER_MEL
    } else {
        KNEE_MEL + (hertz / KNEE_HERTZ).ln() / log_step()
    }
}

fn mel_to_hertz(mel: f64) -> f64 {
    if mel < KNEE_MEL {
        mel * HERTZ_PER_MEL
    } else {
        KNEE_HERTZ * (log_step() * (mel - KNEE_MEL)).exp()
    }
}
