//! Contains the code that the exported C functions of all headers share. It checks pointers and
//! catches panics.

pub mod decoder;
pub mod mel;
pub mod vad;

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{Error, Result, Status};
use crate::track_choice::TrackPlace;

pub const ASR_AUDIO_ABI_VERSION: i32 = 11;

#[unsafe(no_mangle)]
pub extern "C" fn asr_audio_abi_version() -> i32 {
    ASR_AUDIO_ABI_VERSION
}

#[unsafe(no_mangle)]
pub extern "C" fn asr_audio_last_error() -> *const c_char {
    LAST_ERROR.with(|last| last.borrow().as_ptr())
}

// --- internal ---

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::new(CString::default());
    static LAST_FOREIGN: RefCell<Foreign> = RefCell::new(Foreign::default());
}

/// How ffmpeg can read the file of the last failed call.
#[derive(Clone, Copy, Default)]
struct Foreign {
    demuxer: Option<&'static str>,
    place: Option<TrackPlace>,
}

/// Runs the body of an exported function. Converts an error or a panic to a status and a message.
/// The message contains `action`, a description of the function.
fn guarded(action: &str, body: impl FnOnce() -> Result<i64>) -> i64 {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let message = format!("Cannot {action}: {}", panic_message(&*panic));
        Err(Error::new(Status::Internal, message))
    });
    outcome.unwrap_or_else(|error| {
        let status = error.status as i64;
        let text: Vec<u8> = error.message.into_bytes();
        let text = text.into_iter().filter(|byte| *byte != 0).collect::<Vec<u8>>();
        let text = CString::new(text).unwrap_or_default();
        LAST_ERROR.with(|last| last.replace(text));
        let foreign = Foreign { demuxer: error.demuxer, place: error.place };
        LAST_FOREIGN.with(|last| last.replace(foreign));
        status
    })
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_internal_error() {
        assert_eq!(
            guarded("decode the audio file", || panic!("too much")),
            Status::Internal as i64
        );
        let message = LAST_ERROR.with(|last| last.borrow().clone());
        assert_eq!(message.as_c_str(), c"Cannot decode the audio file: too much");
    }
}
