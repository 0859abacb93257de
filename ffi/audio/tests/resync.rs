//! Damage to the structure between packets: the decoder finds the next packet and loses little.

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
/// More bytes than may be read for one packet.
const GAP_BYTES: usize = 40 << 20;

#[test]
fn one_bad_byte_costs_a_webm_a_few_packets() {
    for (name, blocks_max) in [("opus.webm", 2), ("opus-streamed.webm", 2), ("opus.mkv", 2)] {
        let file = format(name);
        let whole = decode(file.clone()).unwrap();
        let first = places(&file, &CLUSTER)[0];
        for at in (first..file.len()).step_by(211) {
            for value in [0, 0xff, 0x23, file[at] ^ 0x10] {
                let damaged = with(&file, at, value);
                let samples = decode(damaged).unwrap_or_else(|error| panic!("{at}: {error}"));
                let lost = whole.len().abs_diff(samples.len());
                // The damage may also make a packet longer.
                assert!(lost <= blocks_max * 1_920, "{name}: {lost} at {at} with {value}");
            }
        }
    }
}

#[test]
fn a_webm_with_a_bad_byte_in_a_header_is_heard() {
    let file = format("opus.webm");
    let whole = decode(file.clone()).unwrap();
    let first = places(&file, &CLUSTER)[0];
    // The tags between the tracks and the first cluster.
    let tags = places(&file, b"\x12\x54\xc3\x67")[0];
    assert!(tags < first);
    for at in tags..tags + 12 {
        assert!(decode(with(&file, at, 0)).unwrap() == whole, "at {at}");
    }
}

#[test]
fn one_bad_byte_in_an_ogg_page_costs_no_page() {
    for name in ["opus.ogg", "vorbis.ogg", "flac.ogg"] {
        let file = format(name);
        let whole = decode(file.clone()).unwrap();
        let sound: Vec<_> = pages(&file).into_iter().skip(3).collect();
        for page in &sound {
            let samples = decode(with(&file, page.end - 30, 0x55)).unwrap();
            let lost = whole.len().abs_diff(samples.len());
            // The last page contains the end position.
            assert!(lost < 4_000, "{name}: {lost} of {}", whole.len());
        }
        // Damages the start of a page: only this page is lost.
        let page = &sound[sound.len() / 2];
        let samples = decode(with(&file, page.start, 0)).unwrap();
        assert!(samples.len() + 17_000 > whole.len(), "{name}: {}", samples.len());
    }
}

#[test]
fn a_damaged_fragment_hides_no_other() {
    let file = format("aac-fragmented.mp4");
    let whole = decode(file.clone()).unwrap();
    let second = places(&file, b"moof")[1] - 4;
    let media = places(&file, b"mdat")[1] - 4;
    // Damages sizes and types: of a fragment, of its boxes, and of its samples.
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
fn a_sample_that_is_too_long_is_lost_alone() {
    let mut file = format("aac.m4a");
    let whole = decode(file.clone()).unwrap();
    let sizes = places(&file, b"stsz")[0];
    let chunks = places(&file, b"stco")[0];
    assert!(sizes > 0 && chunks > 0);
    // A valid sample size, so that the damage does not look like a truncated file.
    let moov = places(&file, b"moov")[0] - 4;
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
fn what_comes_behind_a_long_gap_is_heard() {
    for (name, marker, before) in [
        ("opus-streamed.webm", &CLUSTER, 0),
        ("opus.ogg", b"OggS", 0),
        ("aac-fragmented.mp4", b"moof", 4),
    ] {
        let file = format(name);
        let whole = decode(file.clone()).unwrap();
        let at = *places(&file, marker).last().unwrap() - before;
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

fn places(file: &[u8], marker: &[u8; 4]) -> Vec<usize> {
    let windows = file.windows(4).enumerate();
    windows.filter(|(_, bytes)| bytes == marker).map(|(at, _)| at).collect()
}
