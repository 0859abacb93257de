//! Fuzzes AIFF, AIFC and Core Audio files.
#![no_main]

use asr_audio_fuzz::{decode, forge::signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match (bytes.first(), bytes.get(11)) {
        (Some(b'c'), _) => decode(&signed(bytes, &[(0, b"caff\0\x01\0\0")])),
        (_, Some(b'C')) => decode(&signed(bytes, &[(0, b"FORM"), (8, b"AIFC")])),
        _ => decode(&signed(bytes, &[(0, b"FORM"), (8, b"AIFF")])),
    }
});
