//! Opens the input of the fuzzer as a file of any format. This reads only the headers.
#![no_main]

use asr_audio_fuzz::open;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| open(bytes));
