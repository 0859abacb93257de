//! Decodes files with unusual properties from real use (`test/audio/cases`). The decoded length
//! must be correct, and the samples must be equal to the samples of the original file.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod recordings;
mod whole;

use std::io::Cursor;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::{Result, Status};
use asr_audio::track_choice::TrackRequest;
use recordings::audio;
use whole::decode;

fn case(name: &str) -> Vec<u8> {
    audio(&format!("cases/{name}"))
}

/// Replaces the bytes at position `at` with `bytes`.
fn with(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file[at..][..bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn webm_is_complete_if_a_line_end_follows_it() {
    let file = case("01a-webm-crlf-behind.webm");
    let whole = decode(file[..file.len() - 2].to_vec()).unwrap();
    assert_eq!(whole.len(), 78_510);
    assert!(decode(file).unwrap() == whole);
}

#[test]
fn a_damaged_block_in_webm_loses_only_that_block() {
    let file = case("01c-webm-one-bad-byte-in-last-block.webm");
    let samples = decode(file.clone()).unwrap();
    let whole = decode(with(file, 21_448, &[0xa3])).unwrap();
    assert_eq!(whole.len(), 78_510);
    // Only the damaged block of 20 ms is lost.
    assert_eq!(samples.len(), whole.len() - 320);
    // The last packet is not compared. The samples that the resampler changes at the gap are also
    // not compared.
    let heard = samples.len() - 320 - 100;
    assert!(samples[..heard] == whole[..heard]);
}

#[test]
fn the_error_for_webm_without_its_beginning_says_so() {
    let file = case("13-mediarecorder-second-chunk.webm");
    // The file is cut at the cluster, at a block, and in the middle of a block.
    for start in [0, 17 - 4, 40] {
        let error = decode(file[start..].to_vec()).unwrap_err();
        assert_eq!(error.status, Status::Invalid);
        let message = "a webm without its beginning: send the recording from its first chunk";
        assert!(error.message.contains(message), "from byte {start} on: {error}");
    }
}

#[test]
fn wav_with_a_wrong_block_size_is_decoded() {
    let reference = case("11a-wav-behind-id3.wav");
    let expected = decode(reference[20..].to_vec()).unwrap();
    assert_eq!(expected.len(), 78_510);
    for name in ["05a-wav-blockalign-in-bits.wav", "05b-wav-mono-blockalign-of-stereo.wav"] {
        assert!(decode(case(name)).unwrap() == expected, "{name}");
    }
    assert!(decode(reference).unwrap() == expected);
}

#[test]
fn flac_is_complete_if_a_tag_follows_it() {
    let file = case("07a-flac-id3v1-behind.flac");
    let samples = decode(file.clone()).unwrap();
    assert_eq!(samples.len(), 73_728);
    assert!(decode(file[..file.len() - 128].to_vec()).unwrap() == samples);
}

#[test]
fn floats_in_the_range_of_integers_are_scaled() {
    let file = case("09-float-wav-of-int16-range.wav");
    let samples = decode(file.clone()).unwrap();
    let scaled = |bytes: &[u8]| {
        let sample = f32::from_le_bytes(bytes.try_into().unwrap()) / 32_768.0;
        sample.to_le_bytes()
    };
    let data: Vec<u8> = file[44..].chunks_exact(4).flat_map(scaled).collect();
    let whole = decode([&file[..44], &data].concat()).unwrap();
    assert!(samples == whole);
    let peak = samples.iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
    assert!((0.1..1.0).contains(&peak), "{peak}");
}

#[test]
fn stereo_with_an_inverted_channel_is_not_cancelled() {
    let reference = decode(case("11a-wav-behind-id3.wav")).unwrap();
    // The first file has lossy compression, and the second file contains noise.
    for name in ["02a-phase-inverted.ogg", "02d-phase-inverted-with-noise.flac"] {
        let samples = decode(case(name)).unwrap();
        assert_eq!(samples.len(), reference.len(), "{name}");
        let correlation = product(&samples, &reference)
            / (product(&samples, &samples) * product(&reference, &reference)).sqrt();
        assert!(correlation > 0.9, "{name}: {correlation}");
    }
}

/// Returns the sum of the products of the samples.
fn product(first: &[f32], second: &[f32]) -> f64 {
    first.iter().zip(second).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[test]
fn the_best_track_is_decodable_and_has_most_channels() {
    for (name, numbers) in [
        ("03a-default-ac3-second-aac.mp4", &[2][..]),
        ("04a-no-default-tone-mono-speech-stereo.mkv", &[2, 1]),
        ("04c-obs-silent-first-track.mp4", &[1, 2]),
    ] {
        for (rank, number) in numbers.iter().enumerate() {
            let options = Options { track: TrackRequest::Rank(rank as u32), ..Options::DEFAULT };
            let place = open(name, options).unwrap().info().place;
            assert_eq!((place.number, place.tracks), (*number, 2), "{name}");
            assert_eq!(place.left as usize, numbers.len() - rank - 1, "{name}");
        }
        let options =
            Options { track: TrackRequest::Rank(numbers.len() as u32), ..Options::DEFAULT };
        assert_eq!(open(name, options).unwrap_err().status, Status::NoTrack);
    }
}

#[test]
fn a_number_selects_the_track() {
    let track = |name, number| {
        open(name, Options { track: TrackRequest::Number(number), ..Options::DEFAULT })
    };
    let name = "04a-no-default-tone-mono-speech-stereo.mkv";
    assert_eq!(track(name, 1).unwrap().info().channels, 1);
    assert_eq!(track(name, 2).unwrap().info().channels, 2);
    let error = track("03a-default-ac3-second-aac.mp4", 1).unwrap_err();
    assert_eq!(error.status, Status::Unsupported);
    assert!(error.message.contains("AC-3 in MP4"), "{error}");
    let error = track("07a-flac-id3v1-behind.flac", 2).unwrap_err();
    assert_eq!(error.status, Status::NoTrack);
    assert!(error.message.ends_with("the file has 1 audio track"), "{error}");
}

fn open(name: &str, options: Options) -> Result<Decoder> {
    let file = case(name);
    let len = file.len() as u64;
    Decoder::open_source(Cursor::new(file), len, options)
}

#[test]
fn silence_precedes_audio_that_starts_later_than_the_video() {
    // The encoder's delay of 23 ms precedes the recording. No file declares it.
    let start = 31_628;
    for name in [
        "08a-audio-starts-2s-late.mkv",
        "08b-audio-starts-2s-late.mp4",
        "08c-audio-starts-2s-late.ts",
        "08d-audio-starts-2s-late-fragmented.mp4",
    ] {
        let mut decoder = open(name, Options::DEFAULT).unwrap();
        decoder.read(&mut [0.0]).unwrap();
        let late = decoder.info().late_samples;
        assert!(late.abs_diff(32_000) <= 4, "{name}: {late}");
        let samples = decode(case(name)).unwrap();
        assert!(samples[..start].iter().all(|sample| *sample == 0.0), "{name}");
        // The recording starts with low noise.
        let first = samples.iter().position(|sample| *sample != 0.0).unwrap();
        assert!((start..start + 1_600).contains(&first), "{name}: {first}");
        let options = Options { duration_max_s: Some(1.9), ..Options::DEFAULT };
        let error =
            open(name, options).and_then(|mut decoder| decoder.read(&mut [0.0; 16_000 * 8]));
        assert_eq!(error.unwrap_err().status, Status::TooLong, "{name}");
        let seconds = samples.len() as f64 / 16_000.0;
        assert!((seconds - 6.92).abs() < 0.05, "{name}: {seconds} s");
    }
}
