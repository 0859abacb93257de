//! Fuzzes wav, RF64 and AU files.
#![no_main]

use asr_audio_fuzz::{decode, forge::signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"RF64") {
        decode(&signed(bytes, &[(8, b"WAVEds64")]));
    } else if bytes.starts_with(b".snd") {
        decode(bytes);
    } else {
        decode(&signed(bytes, &[(0, b"RIFF"), (8, b"WAVE")]));
    }
});
