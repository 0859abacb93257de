//! Fuzzes packets of any length. The container does not change the packets.
#![no_main]

use asr_audio_fuzz::{decode, packets::to_matroska};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode(&to_matroska(bytes)));
