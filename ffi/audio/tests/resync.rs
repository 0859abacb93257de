//! Tests damage to the structure between packets. The decoder must find the next packet and lose
//! little audio.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod mp4;
mod ogg;
mod recordings;
mod whole;

use mp4::mp4_box;
use ogg::pages;
use recordings::format;
use whole::decode;

const CLUSTER: [u8; 4] = [0x1f, 0x43, 0xb6, 0x75];
/// Number of bytes of the gap. It is larger than the limit on the bytes that are read for one
/// packet.
const GAP_BYTES: usize = 40 << 20;

#[test]
fn a_damaged_byte_in_webm_loses_only_a_few_packets() {
    for (name, blocks_max) in [("opus.webm", 2), ("opus-streamed.webm", 2), ("opus.mkv", 2)] {
        let file = format(name);
        let whole = decode(file.clone()).unwrap();
        let first = positions(&file, &CLUSTER)[0];
        for at in (first..file.len()).step_by(211) {
            for value in [0, 0xff, 0x23, file[at] ^ 0x10] {
                let damaged = with(&file, at, value);
                let samples = decode(damaged).unwrap_or_else(|error| panic!("{at}: {error}"));
                let lost = whole.len().abs_diff(samples.len());
                // The decoded audio may also be longer than the original audio, because the damage
                // may make a packet longer.
                assert!(lost <= blocks_max * 1_920, "{name}: {lost} at {at} with {value}");
            }
        }
    }
}

#[test]
fn webm_with_a_damaged_header_byte_is_decoded() {
    let file = format("opus.webm");
    let whole = decode(file.clone()).unwrap();
    let first = positions(&file, &CLUSTER)[0];
    // The tags are between the tracks and the first cluster.
    let tags = positions(&file, b"\x12\x54\xc3\x67")[0];
    assert!(tags < first);
    for at in tags..tags + 12 {
        assert!(decode(with(&file, at, 0)).unwrap() == whole, "at {at}");
    }
}

#[test]
fn a_damaged_byte_in_ogg_loses_at_most_its_page() {
    for name in ["opus.ogg", "vorbis.ogg", "flac.ogg"] {
        let file = format(name);
        let whole = decode(file.clone()).unwrap();
        let sound: Vec<_> = pages(&file).into_iter().skip(3).collect();
        for page in &sound {
            let samples = decode(with(&file, page.end - 30, 0x55)).unwrap();
            let lost = whole.len().abs_diff(samples.len());
            // If the last page is damaged, more audio may be wrong than for other pages, because
            // the last page contains the end position of the stream. The limit includes this.
            assert!(lost < 4_000, "{name}: {lost} of {}", whole.len());
        }
        // The start of a page is damaged. Only this page may be lost.
        let page = &sound[sound.len() / 2];
        let samples = decode(with(&file, page.start, 0)).unwrap();
        assert!(samples.len() + 17_000 > whole.len(), "{name}: {}", samples.len());
    }
}

#[test]
fn fragments_after_a_damaged_fragment_are_decoded() {
    let file = format("aac-fragmented.mp4");
    let whole = decode(file.clone()).unwrap();
    let second = positions(&file, b"moof")[1] - 4;
    let media = positions(&file, b"mdat")[1] - 4;
    // The cases damage the size or the type of a fragment, of its boxes or of its samples.
    for (at, value) in [
        (second + 3, 3),
        (second, 0x7f),
        (second + 4, b'x'),
        (second + 11, 2),
        (media + 3, 1),
        (media, 0x7f),
        (media + 6, 0),
    ] {
        let samples = decode(with(&file, at, value)).unwrap();
        let lost = whole.len() - samples.len();
        assert!(lost < 9_000, "{lost} at {at}");
    }
}

#[test]
fn samples_after_an_oversized_sample_are_decoded() {
    let mut file = format("aac.m4a");
    let whole = decode(file.clone()).unwrap();
    let sizes = positions(&file, b"stsz")[0];
    let chunks = positions(&file, b"stco")[0];
    assert!(sizes > 0 && chunks > 0);
    // The test declares a size of 5 MiB for one sample. First it makes the file larger than this
    // size. Otherwise, the sample would exceed the end of the file, as in a truncated file.
    let moov = positions(&file, b"moov")[0] - 4;
    file.splice(moov..moov, mp4_box(b"free", &[0; 6 << 20]));
    let sizes = sizes + (6 << 20) + 8;
    file[sizes + 16 + 4 * 20..][..4].copy_from_slice(&(5u32 << 20).to_be_bytes());
    let samples = decode(file).unwrap();
    assert_eq!(samples.len(), whole.len());
}

#[test]
fn a_damaged_flac_frame_is_silent() {
    for name in ["flac.flac", "flac-streamed.flac"] {
        let file = format(name);
        let whole = decode(file.clone()).unwrap();
        let samples = decode(with(&file, file.len() / 2, file[file.len() / 2] ^ 0x42)).unwrap();
        assert_eq!(samples.len(), whole.len(), "{name}");
        let differs = |(one, other): (&f32, &f32)| one != other;
        let first = samples.iter().zip(&whole).position(differs).unwrap();
        let last = samples.iter().zip(&whole).rposition(differs).unwrap();
        assert!(last - first < 5_000, "{name}: {first} to {last}");
        assert!(samples[first + 200..last - 200].iter().all(|sample| *sample == 0.0));
    }
}

#[test]
fn audio_after_a_long_gap_is_decoded() {
    for (name, marker, before) in [
        ("opus-streamed.webm", &CLUSTER, 0),
        ("opus.ogg", b"OggS", 0),
        ("aac-fragmented.mp4", b"moof", 4),
    ] {
        let file = format(name);
        let whole = decode(file.clone()).unwrap();
        let at = *positions(&file, marker).last().unwrap() - before;
        for filling in [0, 0xa3] {
            let gap = vec![filling; GAP_BYTES];
            let samples = decode([&file[..at], &gap, &file[at..]].concat()).unwrap();
            assert!(samples == whole, "{name}: {} of {}", samples.len(), whole.len());
        }
    }
}

fn with(file: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at] = value;
    file
}

fn positions(file: &[u8], marker: &[u8; 4]) -> Vec<usize> {
    let windows = file.windows(4).enumerate();
    windows.filter(|(_, bytes)| bytes == marker).map(|(at, _)| at).collect()
}
