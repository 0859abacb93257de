//! Files with unusual properties from real use (`test/audio/cases`): each must have the right
//! length, and the same samples as the original file.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod recordings;
mod whole;

use asr_audio::status::Status;
use recordings::audio;
use whole::decode;

fn case(name: &str) -> Vec<u8> {
    audio(&format!("cases/{name}"))
}

/// Replaces the bytes at position `at`.
fn with(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file[at..][..bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn a_webm_is_whole_with_a_line_end_behind_it() {
    let file = case("01a-webm-crlf-behind.webm");
    let whole = decode(file[..file.len() - 2].to_vec()).unwrap();
    assert_eq!(whole.len(), 78_510);
    assert!(decode(file).unwrap() == whole);
}

#[test]
fn a_webm_is_heard_but_for_a_damaged_block() {
    let file = case("01c-webm-one-bad-byte-in-last-block.webm");
    let samples = decode(file.clone()).unwrap();
    let whole = decode(with(file, 21_448, &[0xa3])).unwrap();
    assert_eq!(whole.len(), 78_510);
    // Only the damaged block is lost: 20 ms.
    assert_eq!(samples.len(), whole.len() - 320);
    // Ignores the last packet and the samples that the resampler changes at the join.
    let heard = samples.len() - 320 - 100;
    assert!(samples[..heard] == whole[..heard]);
}

#[test]
fn a_webm_without_its_beginning_is_called_so() {
    let file = case("13-mediarecorder-second-chunk.webm");
    // Starts at the cluster, at a block, and in the middle of a block.
    for start in [0, 17 - 4, 40] {
        let error = decode(file[start..].to_vec()).unwrap_err();
        assert_eq!(error.status, Status::Invalid);
        let words = "a webm without its beginning: send the recording from its first chunk";
        assert!(error.message.contains(words), "from byte {start} on: {error}");
    }
}

#[test]
fn a_wav_with_a_wrong_size_of_a_block_is_heard() {
    let reference = case("11a-wav-behind-id3.wav");
    let expected = decode(reference[20..].to_vec()).unwrap();
    assert_eq!(expected.len(), 78_510);
    for name in ["05a-wav-blockalign-in-bits.wav", "05b-wav-mono-blockalign-of-stereo.wav"] {
        assert!(decode(case(name)).unwrap() == expected, "{name}");
    }
    assert!(decode(reference).unwrap() == expected);
}

#[test]
fn a_flac_is_whole_before_a_tag() {
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
