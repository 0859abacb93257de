//! Exports the C functions of `asr_audio.h`.

use std::ffi::{CStr, c_char};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::AtomicI32;
use std::time::Duration;

use super::{Foreign, LAST_FOREIGN, guarded};
use crate::decode::Decoder;
use crate::limits::{CHANNELS_MAX, MEMORY_MAX, Options};
use crate::status::{Error, Result, Status};
use crate::track_choice::TrackRequest;

/// A read returns this value if its time slice ended before the buffer was full.
pub const ASR_AUDIO_NOTHING_YET: i64 = -14;

/// `asr_audio_options`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct AsrAudioOptions {
    pub sample_rate: u32,
    pub max_channels: u32,
    pub max_duration_s: f64,
    pub max_wall_ms: u32,
    pub min_rate: u32,
    pub max_rate: u32,
    pub track: u32,
    pub max_samples: u64,
    pub max_memory: u64,
    pub cancel: *const i32,
    pub track_rank: u32,
    pub channel: u32,
}

/// `asr_audio_info`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct AsrAudioInfo {
    pub container: [c_char; 32],
    pub codec: [c_char; 32],
    pub sample_rate: u32,
    pub channels: u32,
    pub duration_s: f64,
    pub track: u32,
    pub tracks: u32,
    pub tracks_left: u32,
    pub late_samples: u32,
}

/// `asr_audio_foreign`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct AsrAudioForeign {
    pub demuxer: [c_char; 32],
    pub track: u32,
    pub tracks: u32,
}

/// # Safety
/// `foreign` is null or a valid pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_audio_last_foreign(foreign: *mut AsrAudioForeign) -> i32 {
    // Reads the facts first, because `guarded` replaces them if `foreign` is null.
    let Foreign { demuxer, place } = LAST_FOREIGN.with(|last| *last.borrow());
    guarded(ACTION, || {
        if foreign.is_null() {
            return Err(bad_argument("foreign is NULL"));
        }
        let found = AsrAudioForeign {
            demuxer: to_chars(demuxer.unwrap_or_default()),
            track: place.map_or(0, |place| place.number),
            tracks: place.map_or(0, |place| place.tracks),
        };
        // SAFETY: `foreign` is not null, so the caller passes memory that can be written. The memory
        // does not need to be initialized.
        unsafe { foreign.write(found) };
        Ok(0)
    }) as i32
}

/// # Safety
/// `path` is null or a NUL-terminated string. `options` and `out` are null or valid pointers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_audio_decoder_open(
    path: *const c_char,
    options: *const AsrAudioOptions,
    out: *mut *mut Decoder,
) -> i32 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or a pointer that may be written.
        let out = unsafe { out.as_mut() }.ok_or_else(|| bad_argument("out is NULL"))?;
        *out = std::ptr::null_mut();
        if path.is_null() {
            return Err(bad_argument("path is NULL"));
        }
        // SAFETY: `path` is not null, so the caller passes a NUL-terminated string.
        let path = unsafe { CStr::from_ptr(path) };
        let path = path.to_str().map_err(|_| bad_argument("path is not UTF-8"))?;
        // SAFETY: the caller passes null or valid options.
        let options = unsafe { options.as_ref() };
        let options = checked(options.ok_or_else(|| bad_argument("options is NULL"))?)?;
        *out = Box::into_raw(Box::new(Decoder::open(Path::new(path), options)?));
        Ok(0)
    }) as i32
}

/// # Safety
/// `decoder` is null or an open decoder. `info` is null or a valid pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_audio_decoder_get_info(
    decoder: *const Decoder,
    info: *mut AsrAudioInfo,
) -> i32 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open decoder.
        let decoder = unsafe { decoder.as_ref() }.ok_or_else(|| bad_argument("decoder is NULL"))?;
        if info.is_null() {
            return Err(bad_argument("info is NULL"));
        }
        let found = decoder.info();
        let filled = AsrAudioInfo {
            container: to_chars(found.container),
            codec: to_chars(found.codec),
            sample_rate: found.sample_rate,
            channels: found.channels,
            duration_s: found.duration_s.unwrap_or(-1.0),
            track: found.place.number,
            tracks: found.place.tracks,
            tracks_left: found.place.left,
            late_samples: u32::try_from(found.late_samples).unwrap_or(u32::MAX),
        };
        // SAFETY: `info` is not null, so the caller passes memory that can be written. The memory
        // does not need to be initialized.
        unsafe { info.write(filled) };
        Ok(0)
    }) as i32
}

/// # Safety
/// `decoder` is null or an open decoder. `samples` is null or has space for `capacity` floats.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_audio_decoder_read(
    decoder: *mut Decoder,
    samples: *mut f32,
    capacity: i64,
) -> i64 {
    guarded(ACTION, || {
        // SAFETY: the caller passes null or an open decoder that no other thread uses.
        let decoder = unsafe { decoder.as_mut() }.ok_or_else(|| bad_argument("decoder is NULL"))?;
        if samples.is_null() || !samples.is_aligned() {
            return Err(bad_argument("samples is NULL or not aligned"));
        }
        let capacity = usize::try_from(capacity).ok().filter(|capacity| *capacity > 0);
        let capacity = capacity.ok_or_else(|| bad_argument("capacity is not positive"))?;
        // SAFETY: the caller's buffer has space for `capacity` floats. Any bit pattern is a valid
        // float.
        let samples = unsafe { std::slice::from_raw_parts_mut(samples, capacity) };
        let read = decoder.read_within(READ_TIME, samples)?;
        Ok(read.map_or(ASR_AUDIO_NOTHING_YET, |written| written as i64))
    })
}

/// # Safety
/// `decoder` is null or an open decoder. The caller does not use it afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_audio_decoder_close(decoder: *mut Decoder) {
    if decoder.is_null() {
        return;
    }
    guarded(ACTION, || {
        // SAFETY: `Box::into_raw` in open returned the pointer, and the caller frees it only once.
        drop(unsafe { Box::from_raw(decoder) });
        Ok(0)
    });
}

// --- internal ---

const ACTION: &str = "decode the audio file";
/// Time after which a read returns even if the buffer is not full.
const READ_TIME: Duration = Duration::from_millis(25);

fn bad_argument(reason: &str) -> Error {
    Error::new(Status::BadArgument, format!("Cannot call the audio decoder: {reason}"))
}

fn checked(options: &AsrAudioOptions) -> Result<Options> {
    if !matches!(options.sample_rate, 16_000 | 24_000) {
        return Err(bad_argument("sample_rate is neither 16000 nor 24000"));
    }
    if options.max_channels > CHANNELS_MAX {
        return Err(bad_argument("max_channels is over 32"));
    }
    if !options.max_duration_s.is_finite() || options.max_duration_s < 0.0 {
        return Err(bad_argument("max_duration_s is negative or not a number"));
    }
    if options.channel > CHANNELS_MAX {
        return Err(bad_argument("channel is over 32"));
    }
    let widest = Options::DEFAULT;
    let rate_min = if options.min_rate == 0 { widest.rate_min } else { options.min_rate };
    let rate_max = if options.max_rate == 0 { widest.rate_max } else { options.max_rate };
    if rate_min < widest.rate_min || rate_max > widest.rate_max || rate_min > rate_max {
        return Err(bad_argument("min_rate to max_rate is not a range within 1000 to 768000"));
    }
    if !options.cancel.is_aligned() {
        return Err(bad_argument("cancel is not aligned"));
    }
    if options.track != 0 && options.track_rank != 0 {
        return Err(bad_argument("track and track_rank are both above 0"));
    }
    let track = match options.track {
        0 => TrackRequest::Rank(options.track_rank),
        number => TrackRequest::Number(number),
    };
    let cancel = options.cancel.cast_mut();
    Ok(Options {
        sample_rate: options.sample_rate,
        channels_max: if options.max_channels == 0 { CHANNELS_MAX } else { options.max_channels },
        rate_min,
        rate_max,
        samples_max: Some(options.max_samples).filter(|samples| *samples > 0),
        memory_max: if options.max_memory == 0 { MEMORY_MAX } else { options.max_memory },
        duration_max_s: Some(options.max_duration_s).filter(|seconds| *seconds > 0.0),
        wall_ms_max: Some(options.max_wall_ms).filter(|ms| *ms > 0),
        track,
        channel: NonZeroU32::new(options.channel),
        // SAFETY: the flag is aligned and outlives the decoder. Other threads write all four bytes
        // in one operation. This code only reads the flag.
        cancel: (!cancel.is_null()).then(|| unsafe { AtomicI32::from_ptr(cancel) }),
    })
}

fn to_chars(text: &str) -> [c_char; 32] {
    let mut chars = [0; 32];
    for (target, byte) in chars.iter_mut().take(31).zip(text.bytes()) {
        *target = byte as c_char;
    }
    chars
}
