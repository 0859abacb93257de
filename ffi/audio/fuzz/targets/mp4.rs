//! Fuzzes MP4 and QuickTime files, including their edit lists.
#![no_main]

use asr_audio_fuzz::{decode, forge::signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode(&signed(bytes, &[(4, b"ftyp")])));
