//! Tests the limits in the options. The decoder must reject a file that exceeds a limit, and must
//! stop when it is cancelled.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::atomic::AtomicI32;

use asr_audio::limits::Options;
use asr_audio::status::{Result, Status};

mod recordings;

use recordings::{OPTIONS, decode, open};

#[test]
fn rejects_long_files_and_many_channels() {
    let options = Options { duration_max_s: Some(10.0), ..OPTIONS };
    assert_eq!(decode("jfk.flac", options).unwrap_err().status, Status::TooLong);
    let options = Options { duration_max_s: Some(11.0), ..OPTIONS };
    assert!(decode("jfk.flac", options).is_ok());
    // The reader can count the audio of these files when it opens them. If the audio exceeds the
    // limit, the files are rejected before they are decoded. A declared duration above the limit is
    // not a reason to reject a file.
    let options = Options { duration_max_s: Some(2.5), ..OPTIONS };
    for file in ["aac.m4a", "alac.m4a", "aac-faststart.mp4"] {
        let error = open(&format!("formats/{file}"), options).unwrap_err();
        assert_eq!(error.status, Status::TooLong, "{file}");
    }
    // When an ogg file is opened, the reader counts all audio except the audio of the first page.
    let options = Options { duration_max_s: Some(1.5), ..OPTIONS };
    for file in ["opus.ogg", "flac.ogg", "vorbis.ogg"] {
        let error = open(&format!("formats/{file}"), options).unwrap_err();
        assert_eq!(error.status, Status::TooLong, "{file}");
    }
    let options = Options { duration_max_s: Some(0.9), ..OPTIONS };
    for file in ["wav-s16le.wav", "aiff.aiff", "au-streamed.au", "caf.caf", "wav-ima-adpcm.wav"] {
        let error = open(&format!("formats/{file}"), options).unwrap_err();
        assert_eq!(error.status, Status::TooLong, "{file}");
    }
    let options = Options { channels_max: 1, ..OPTIONS };
    let error = decode("jfk.flac", options).unwrap_err();
    assert_eq!(error.status, Status::TooManyChannels);
    assert!(error.message.contains("2 channels, at most 1"), "{error}");
}

#[test]
fn rejects_rates_samples_and_memory_beyond_the_limits() {
    // The audio has two channels of 11 s at 44.1 kHz, in packets of 4,608 frames.
    let samples = 2 * 11 * 44_100;
    let refused = |options: Options| decode("jfk.flac", options).map(|_| ()).unwrap_err();
    for (options, status, message) in [
        (Options { rate_max: 44_099, ..OPTIONS }, Status::BadRate, "44100 Hz, 1000 to 44099 Hz"),
        (Options { rate_min: 44_101, ..OPTIONS }, Status::BadRate, "44100 Hz, 44101 to"),
        (
            Options { samples_max: Some(samples - 1), ..OPTIONS },
            Status::TooManySamples,
            "more than 970199 samples",
        ),
        (Options { memory_max: 100_000, ..OPTIONS }, Status::TooMuchMemory, "at most 100000"),
    ] {
        let error = refused(options);
        assert_eq!(error.status, status, "{error}");
        assert!(error.message.contains(message), "{error}");
    }
    let options = Options { rate_min: 44_100, rate_max: 44_100, ..OPTIONS };
    assert!(decode("jfk.flac", Options { samples_max: Some(samples), ..options }).is_ok());
}

#[test]
fn rejects_a_file_that_takes_too_long() {
    let options = Options { wall_ms_max: Some(1), ..OPTIONS };
    let error = decode("long_en.ogg", options).unwrap_err();
    assert_eq!(error.status, Status::TooSlow);
    assert!(error.message.contains("longer than 1 ms"), "{error}");
}

#[test]
fn stops_when_cancelled() {
    static CANCEL: AtomicI32 = AtomicI32::new(0);
    let options = Options { cancel: Some(&CANCEL), ..OPTIONS };
    let mut decoder = open("jfk.flac", options).unwrap();
    let mut samples = [0.0; 1_000];
    assert_eq!(decoder.read(&mut samples).unwrap(), 1_000);
    CANCEL.store(1, std::sync::atomic::Ordering::Relaxed);
    let error = std::iter::repeat_with(|| decoder.read(&mut samples)).find_map(Result::err);
    assert_eq!(error.unwrap().status, Status::Cancelled);
    assert_eq!(decoder.read(&mut samples).unwrap_err().status, Status::Cancelled);
    assert_eq!(open("jfk.flac", options).unwrap_err().status, Status::Cancelled);
}
