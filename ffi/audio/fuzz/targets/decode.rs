//! Decodes the input of the fuzzer as a file of any format, and resamples the audio to 16 kHz.
#![no_main]

use asr_audio_fuzz::decode_and_resample;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode_and_resample(bytes));
