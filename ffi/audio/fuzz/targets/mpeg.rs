//! Fuzzes frames without a container: mp3 and older layers, and AAC in ADTS. ID3 tags may precede
//! the frames.
#![no_main]

use asr_audio_fuzz::{decode, forge::signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"ID3") {
        decode(bytes);
    } else {
        let second = bytes.get(1).copied().unwrap_or_default() | 0xe0;
        decode(&signed(bytes, &[(0, &[0xff, second])]));
    }
});
