//! Fuzzes Matroska and WebM files.
#![no_main]

use asr_audio_fuzz::{decode, forge::signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode(&signed(bytes, &[(0, b"\x1a\x45\xdf\xa3")])));
