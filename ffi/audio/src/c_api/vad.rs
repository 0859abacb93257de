//! Exports the C functions of `asr_vad.h`.

use super::guarded;
use crate::speech_regions::{Options, Region};
use crate::status::{Error, Result, Status};
use crate::voice_activity::VoiceActivity;

/// `asr_vad_options`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct AsrVadOptions {
    pub threshold: f32,
    pub neg_threshold: f32,
    pub min_speech_ms: u32,
    pub min_silence_ms: u32,
    pub speech_pad_ms: u32,
    pub peak_threshold: f32,
    pub gain_max_db: f32,
    pub keep_probabilities: u32,
    pub span_min_silence_ms: u32,
    pub span_pad_ms: u32,
}

/// # Safety
/// `options` and `out` are null or valid pointers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_open(
    options: *const AsrVadOptions,
    out: *mut *mut VoiceActivity,
) -> i32 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or a pointer that may be written.
        let out = unsafe { out.as_mut() }.ok_or_else(|| bad_argument("out is NULL"))?;
        *out = std::ptr::null_mut();
        // SAFETY: the caller passes null or valid options.
        let options = unsafe { options.as_ref() };
        let options = options.ok_or_else(|| bad_argument("options is NULL"))?;
        let voice = VoiceActivity::new(checked(options)?);
        let voice = match checked_gain(options)? {
            Some(gain_max) => voice.with_gain_up_to(gain_max),
            None => voice,
        };
        let voice =
            if options.keep_probabilities == 0 { voice } else { voice.with_probabilities() };
        let voice = match checked_spans(options)? {
            Some(spans) => voice.with_spans(spans),
            None => voice,
        };
        *out = Box::into_raw(Box::new(voice));
        Ok(0)
    }) as i32
}

/// # Safety
/// `vad` is null or an open stream. `samples` is null or has `count` floats.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_push(
    vad: *mut VoiceActivity,
    samples: *const f32,
    count: i64,
) -> i32 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open stream that no other thread uses.
        let vad = unsafe { vad.as_mut() }.ok_or_else(|| bad_argument("vad is NULL"))?;
        if samples.is_null() || !samples.is_aligned() {
            return Err(bad_argument("samples is NULL or not aligned"));
        }
        let count = usize::try_from(count).map_err(|_| bad_argument("count is negative"))?;
        // SAFETY: the caller's buffer has `count` floats.
        vad.push(unsafe { std::slice::from_raw_parts(samples, count) })?;
        Ok(0)
    }) as i32
}

/// # Safety
/// `vad` is null or an open stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_finish(vad: *mut VoiceActivity) -> i32 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open stream that no other thread uses.
        let vad = unsafe { vad.as_mut() }.ok_or_else(|| bad_argument("vad is NULL"))?;
        vad.finish();
        Ok(0)
    }) as i32
}

/// # Safety
/// `vad` is null or an open stream. `regions` is null or has space for `capacity` regions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_get_regions(
    vad: *mut VoiceActivity,
    regions: *mut Region,
    capacity: i32,
) -> i32 {
    // SAFETY: the caller promises what `move_out` needs.
    unsafe { move_out(vad, regions, "regions", capacity, VoiceActivity::pop) }
}

/// # Safety
/// `vad` is null or an open stream. `spans` is null or has space for `capacity` spans.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_get_spans(
    vad: *mut VoiceActivity,
    spans: *mut Region,
    capacity: i32,
) -> i32 {
    // SAFETY: the caller promises what `move_out` needs.
    unsafe { move_out(vad, spans, "spans", capacity, VoiceActivity::pop_span) }
}

/// # Safety
/// `vad` is null or an open stream. `probabilities` is null or has space for `capacity` floats.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_get_probabilities(
    vad: *mut VoiceActivity,
    probabilities: *mut f32,
    capacity: i32,
) -> i32 {
    // SAFETY: the caller promises what `move_out` needs.
    unsafe {
        move_out(vad, probabilities, "probabilities", capacity, VoiceActivity::pop_probability)
    }
}

/// # Safety
/// `vad` is null or an open stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_decided(vad: *const VoiceActivity) -> i64 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open stream that no other thread uses.
        let vad = unsafe { vad.as_ref() }.ok_or_else(|| bad_argument("vad is NULL"))?;
        Ok(vad.decided())
    })
}

/// # Safety
/// `vad` is null or an open stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_spans_decided(vad: *const VoiceActivity) -> i64 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open stream that no other thread uses.
        let vad = unsafe { vad.as_ref() }.ok_or_else(|| bad_argument("vad is NULL"))?;
        Ok(vad.spans_decided())
    })
}

/// # Safety
/// `vad` is null or an open stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_is_open(vad: *const VoiceActivity) -> i32 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open stream that no other thread uses.
        let vad = unsafe { vad.as_ref() }.ok_or_else(|| bad_argument("vad is NULL"))?;
        Ok(vad.is_open().into())
    }) as i32
}

/// # Safety
/// `vad` is null or an open stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_judged(vad: *const VoiceActivity) -> i64 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open stream that no other thread uses.
        let vad = unsafe { vad.as_ref() }.ok_or_else(|| bad_argument("vad is NULL"))?;
        Ok(vad.judged())
    })
}

/// # Safety
/// `vad` is null or an open stream. The caller does not use it afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_vad_close(vad: *mut VoiceActivity) {
    if vad.is_null() {
        return;
    }
    guarded(ACTION, || {
        // SAFETY: `Box::into_raw` in open returned the pointer, and the caller frees it only once.
        drop(unsafe { Box::from_raw(vad) });
        Ok(0)
    });
}

// --- internal ---

const ACTION: &str = "find speech";

/// Difference between `threshold` and Silero's default value of `neg_threshold`.
const NEG_THRESHOLD_STEP: f32 = 0.15;
const NEG_THRESHOLD_MIN: f32 = 0.01;
const GAIN_MAX_DB_MAX: f32 = 100.0;
const SAMPLES_PER_MS: i64 = 16;

fn bad_argument(reason: &str) -> Error {
    Error::new(Status::BadArgument, format!("Cannot find speech: {reason}"))
}

/// Moves results from `next` to the caller's buffer, whose name is `name`.
///
/// # Safety
/// `vad` is null or an open stream. `buffer` is null or has space for `capacity` items. Any bit
/// pattern is a valid item.
unsafe fn move_out<T>(
    vad: *mut VoiceActivity,
    buffer: *mut T,
    name: &str,
    capacity: i32,
    next: impl Fn(&mut VoiceActivity) -> Option<T>,
) -> i32 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open stream that no other thread uses.
        let vad = unsafe { vad.as_mut() }.ok_or_else(|| bad_argument("vad is NULL"))?;
        if buffer.is_null() || !buffer.is_aligned() {
            return Err(bad_argument(&format!("{name} is NULL or not aligned")));
        }
        let capacity = checked_capacity(capacity)?;
        // SAFETY: the caller's buffer has space for `capacity` items.
        let slots = unsafe { std::slice::from_raw_parts_mut(buffer, capacity) };
        Ok(fill(slots, || next(vad)))
    }) as i32
}

fn checked_capacity(capacity: i32) -> Result<usize> {
    let capacity = usize::try_from(capacity).ok().filter(|capacity| *capacity > 0);
    capacity.ok_or_else(|| bad_argument("capacity is not positive"))
}

/// Moves items from `next` to `slots` until there is no slot or no item left. Returns the number of
/// moved items.
fn fill<T>(slots: &mut [T], next: impl FnMut() -> Option<T>) -> i64 {
    let mut count = 0;
    for (slot, item) in slots.iter_mut().zip(std::iter::from_fn(next)) {
        *slot = item;
        count += 1;
    }
    count
}

fn checked(options: &AsrVadOptions) -> Result<Options> {
    let threshold = options.threshold;
    if !(threshold > 0.0 && threshold <= 1.0) {
        return Err(bad_argument("threshold is not over 0 and at most 1"));
    }
    let neg_threshold = if options.neg_threshold == 0.0 {
        (threshold - NEG_THRESHOLD_STEP).max(NEG_THRESHOLD_MIN).min(threshold)
    } else {
        options.neg_threshold
    };
    if !(neg_threshold > 0.0 && neg_threshold <= threshold) {
        return Err(bad_argument("neg_threshold is negative or over threshold"));
    }
    let peak_threshold = options.peak_threshold;
    if !(0.0..=1.0).contains(&peak_threshold) {
        return Err(bad_argument("peak_threshold is not from 0 to 1"));
    }
    Ok(Options {
        threshold,
        neg_threshold,
        peak_threshold,
        speech_min: samples(options.min_speech_ms),
        silence_min: samples(options.min_silence_ms),
        pad: samples(options.speech_pad_ms),
    })
}

/// Returns the rules of the spans; `None` if the stream finds no spans.
fn checked_spans(options: &AsrVadOptions) -> Result<Option<Options>> {
    let spans = Options {
        peak_threshold: options.threshold,
        speech_min: 0,
        silence_min: samples(options.span_min_silence_ms),
        pad: samples(options.span_pad_ms),
        ..checked(options)?
    };
    Ok((options.span_min_silence_ms > 0).then_some(spans))
}

fn samples(ms: u32) -> i64 {
    i64::from(ms) * SAMPLES_PER_MS
}

/// Returns the maximum gain as a factor; `None` if the samples are not amplified.
fn checked_gain(options: &AsrVadOptions) -> Result<Option<f32>> {
    let db = options.gain_max_db;
    if !(0.0..=GAIN_MAX_DB_MAX).contains(&db) {
        return Err(bad_argument("gain_max_db is not from 0 to 100"));
    }
    Ok((db > 0.0).then(|| 10f32.powf(db / 20.0)))
}
