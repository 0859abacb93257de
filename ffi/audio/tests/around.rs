//! Tests data before or after the audio of a file: tags, zeros, line ends and noise.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod recordings;
mod whole;

use asr_audio::status::Status;
use recordings::{format, formats};
use whole::decode;

/// Files that do not declare where their samples end.
const ENDLESS: [&str; 3] = ["au-streamed.au", "wav-size-zero.wav", "wav-streamed.wav"];

#[test]
fn data_after_a_file_does_not_change_its_samples() {
    let junk: [(&str, Vec<u8>); 6] = [
        ("a line end", b"\r\n".to_vec()),
        ("an ID3v1 tag", id3v1()),
        ("an APE tag", ape(40)),
        ("both tags", [ape(40), id3v1()].concat()),
        ("zeros", vec![0; 3_000]),
        ("noise", noise(1, 1_000)),
    ];
    for name in formats().iter().filter(|name| !ENDLESS.contains(&name.as_str())) {
        let whole = decode(format(name)).unwrap();
        for (what, junk) in &junk {
            let samples = decode([&*format(name), junk].concat()).unwrap();
            assert!(samples == whole, "{name} with {what}: {} samples", samples.len());
        }
    }
}

#[test]
fn flac_is_complete_if_a_large_tag_follows_it() {
    for name in ["flac.flac", "flac-streamed.flac"] {
        let whole = decode(format(name)).unwrap();
        // FLAC frames do not declare their length, so this data could become a part of the last
        // frame.
        for junk in [ape(3 << 20), noise(2, 200_000)] {
            assert!(decode([format(name), junk].concat()).unwrap() == whole, "{name}");
        }
    }
}

#[test]
fn a_file_with_noise_after_it_is_accepted() {
    for name in formats().iter().filter(|name| !ENDLESS.contains(&name.as_str())) {
        let whole = decode(format(name)).unwrap();
        for seed in [3, 4] {
            let samples = decode([format(name), noise(seed, 300_000)].concat()).unwrap();
            // The last samples are not compared. The resampler computes them also from the data
            // that follows, which is noise here.
            let heard = whole.len() - 100;
            assert!(samples.get(..heard) == whole.get(..heard), "{name}: {}", samples.len());
        }
    }
}

#[test]
fn tags_before_a_file_are_skipped() {
    let id3 = [b"ID3\x03\0\0\0\0\x02\x0a".as_slice(), &[7; 266]].concat();
    for name in formats() {
        // Mp4 files are not tested, because they contain file positions, which would be wrong after
        // a tag. Transport streams have no such tags.
        if ["m4a", "mp4", "mov", "ts"].iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        let whole = decode(format(&name)).unwrap();
        for tags in [id3.clone(), id3.repeat(2), [&*id3, &[0; 500]].concat()] {
            let samples = decode([tags, format(&name)].concat()).unwrap();
            assert!(samples == whole, "{name}: {} samples", samples.len());
        }
    }
}

#[test]
fn zeros_before_a_file_are_skipped() {
    for name in ["mp3.mp3", "mp3-no-xing.mp3", "aac.aac", "flac.flac", "wav-s16le.wav", "opus.ogg"]
    {
        let whole = decode(format(name)).unwrap();
        for zeros in [100, 128 << 10, 3 << 20] {
            let samples = decode([vec![0; zeros], format(name)].concat()).unwrap();
            assert!(samples == whole, "{name} after {zeros} zeros: {} samples", samples.len());
        }
    }
}

#[test]
fn a_file_of_tags_only_is_rejected() {
    for file in [vec![0; 300_000], id3v1(), ape(40), noise(5, 5_000)] {
        let error = decode(file).unwrap_err();
        assert!(matches!(error.status, Status::Unsupported | Status::Invalid), "{error}");
    }
}

fn id3v1() -> Vec<u8> {
    let mut tag = b"TAGA title".to_vec();
    tag.resize(128, 0);
    tag
}

/// Returns an APE tag of `bytes` bytes with header and footer.
fn ape(bytes: usize) -> Vec<u8> {
    let ends = |flags: u32| {
        let fields = [2_000, bytes as u32 + 32, 1, flags].map(u32::to_le_bytes).concat();
        [b"APETAGEX", &*fields, &[0; 8]].concat()
    };
    [ends(0xa000_0000), noise(6, bytes), ends(0x8000_0000)].concat()
}

fn noise(seed: u32, bytes: usize) -> Vec<u8> {
    let mut state = seed;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    });
    noise.take(bytes).collect()
}
