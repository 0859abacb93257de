//! Reads the errors of the C functions.

use std::ffi::CStr;

use asr_audio::c_api::asr_audio_last_error;

pub const BAD_ARGUMENT: i32 = -1;

pub fn last_error() -> String {
    unsafe { CStr::from_ptr(asr_audio_last_error()) }.to_string_lossy().into_owned()
}
