//! Tests files with much video before the first audio packet or after the last audio packet. The
//! video is larger than the limit on the bytes that are read for one packet.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod matroska;
mod mp4;
mod ogg;
mod recordings;
mod whole;

use matroska::element;
use mp4::mp4_box;
use ogg::{pages, seal};
use recordings::format;
use whole::decode;

/// Number of bytes of video. A container reader needs several calls to skip the video, because it
/// reads at most 32 MiB in one call.
const VIDEO_BYTES: usize = 36 << 20;
const PART_BYTES: usize = 40_000;

#[test]
fn matroska_with_much_video_between_audio_is_decoded() {
    let mut file = format("opus.webm");
    let segment = find(&file, b"\x18\x53\x80\x67");
    // The segment becomes longer, so its size is set to unknown.
    file[segment + 4..segment + 12].copy_from_slice(b"\x01\xff\xff\xff\xff\xff\xff\xff");
    let cluster = find(&file, b"\x1f\x43\xb6\x75");
    let block = element(&[0xa3], &[&[0x82, 0, 0, 0], [0; PART_BYTES].as_slice()].concat());
    let clusters = element(b"\x1f\x43\xb6\x75", &[element(&[0xe7], &[0]), block].concat());
    expect_whole("opus.webm", &file, cluster, &clusters);
}

#[test]
fn ogg_with_much_video_between_audio_is_decoded() {
    let file = format("opus.ogg");
    let behind_headers = pages(&file)[2].start;
    let mut page = [b"OggS".as_slice(), &[0; 10], b"film", &[0; 8], &[160], &[250; 160]].concat();
    page.extend([0; PART_BYTES]);
    seal(&mut page);
    expect_whole("opus.ogg", &file, behind_headers, &page);
}

#[test]
fn mp4_with_much_video_between_audio_is_decoded() {
    let mut file = format("aac-fragmented.mp4");
    file.truncate(find(&file, b"mfra") - 4);
    let first_fragment = find(&file, b"moof") - 4;
    let fragment = mp4_box(b"moof", &mp4_box(b"mfhd", &[0; 8]));
    let fragment = [fragment, mp4_box(b"mdat", &[0; PART_BYTES])].concat();
    expect_whole("aac-fragmented.mp4", &file, first_fragment, &fragment);
}

/// Inserts video at position `at`, which is before the first audio of a file, and after the last
/// audio. Checks that all audio is decoded.
fn expect_whole(name: &str, file: &[u8], at: usize, part: &[u8]) {
    let video = part.repeat(VIDEO_BYTES / part.len());
    let expected = decode(format(name)).unwrap();
    assert!(expected.len() >= 48_000);
    assert!(
        decode([&file[..at], &video, &file[at..]].concat()).unwrap() == expected,
        "before {name}"
    );
    assert!(decode([file, &video].concat()).unwrap() == expected, "video after {name}");
}

fn find(file: &[u8], wanted: &[u8; 4]) -> usize {
    file.windows(4).position(|found| found == wanted).unwrap()
}
