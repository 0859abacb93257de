//! Fuzzes the codecs with packets of any length. The packets are in a Matroska file, because
//! Matroska does not check their content.
#![no_main]

use asr_audio_fuzz::{decode, packets::to_matroska};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode(&to_matroska(bytes)));
