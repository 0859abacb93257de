//! Fuzzes Matroska tracks with a list of encodings, for example compression.
#![no_main]

use asr_audio_fuzz::{decode, packets::to_encoded_matroska};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode(&to_encoded_matroska(bytes)));
