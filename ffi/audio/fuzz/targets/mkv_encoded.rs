//! Fuzzes Matroska tracks with an encoding of any kind. The checksum of zlib stays as it is in the
//! input, because the encoding of a frame is not damaged in most files.
#![no_main]

use asr_audio_fuzz::{decode, packets::to_encoded_matroska};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode(&to_encoded_matroska(bytes)));
