//! Exports the C functions of `asr_mel.h`.

use super::guarded;
use crate::log_mel::{Mels, SAMPLES_MIN, frame_count, log_mel};
use crate::status::{Error, Result, Status};

#[unsafe(no_mangle)]
pub extern "C" fn asr_mel_frames(samples: i64, padding: i64) -> i64 {
    guarded(ACTION, || {
        let (samples, padding) = (checked_samples(samples)?, checked_padding(padding)?);
        Ok(frame_count(samples + padding) as i64)
    })
}

/// # Safety
/// `samples` is null or has `n_samples` floats. `out` is null or has space for `n_mels * n_frames`
/// floats.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_mel_compute(
    n_mels: i32,
    samples: *const f32,
    n_samples: i64,
    padding: i64,
    out: *mut f32,
    n_frames: i64,
) -> i32 {
    guarded(ACTION, || {
        let mels = match n_mels {
            80 => Mels::Eighty,
            128 => Mels::OneHundredTwentyEight,
            _ => return Err(bad_argument("n_mels is neither 80 nor 128")),
        };
        if samples.is_null() || !samples.is_aligned() {
            return Err(bad_argument("samples is NULL or not aligned"));
        }
        if out.is_null() || !out.is_aligned() {
            return Err(bad_argument("out is NULL or not aligned"));
        }
        let (n_samples, padding) = (checked_samples(n_samples)?, checked_padding(padding)?);
        if n_samples + padding < SAMPLES_MIN {
            return Err(bad_argument("fewer than 201 samples, padding included"));
        }
        let n_frames = usize::try_from(n_frames).ok().filter(|n| (1..=FRAMES_MAX).contains(n));
        let n_frames = n_frames.ok_or_else(|| bad_argument("n_frames is not 1 to 2^40"))?;
        // SAFETY: the caller's buffer has `n_samples` floats.
        let samples = unsafe { std::slice::from_raw_parts(samples, n_samples) };
        // SAFETY: the caller's buffer has space for this number of floats. Any bit pattern is a
        // valid float.
        let out = unsafe { std::slice::from_raw_parts_mut(out, n_mels as usize * n_frames) };
        log_mel(mels, samples, padding, n_frames, out);
        Ok(0)
    }) as i32
}

// --- internal ---

const ACTION: &str = "compute features";
/// Maximum number of zeros: 30 s, which is the window of Whisper. More zeros have no effect.
const PADDING_MAX: usize = 480_000;
/// Maximum number of frames. It prevents an overflow of `usize` when the size of the output is
/// computed.
const FRAMES_MAX: usize = 1 << 40;

fn checked_samples(samples: i64) -> Result<usize> {
    usize::try_from(samples).map_err(|_| bad_argument("n_samples is negative"))
}

fn checked_padding(padding: i64) -> Result<usize> {
    let padding = usize::try_from(padding).ok().filter(|padding| *padding <= PADDING_MAX);
    padding.ok_or_else(|| bad_argument("padding is not 0 to 480000"))
}

fn bad_argument(reason: &str) -> Error {
    Error::new(Status::BadArgument, format!("Cannot compute features: {reason}"))
}
