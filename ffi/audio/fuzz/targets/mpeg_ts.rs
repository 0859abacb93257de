//! Fuzzes MPEG transport streams with corrected synchronisation bytes and checksums.
#![no_main]

use asr_audio_fuzz::{decode, forge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode(&forge::mpeg_ts(bytes)));
