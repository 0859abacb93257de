//! Decodes Matroska tracks whose frames are encoded: compressed, or without their headers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod matroska;
mod recordings;
mod whole;

use asr_audio::status::Status;
use matroska::element;
use recordings::audio;
use whole::decode;

/// Returns half a second of a tone of 16-bit samples at 16 kHz.
fn tone() -> Vec<u8> {
    let sample = |n: i32| ((n * n) as f32 * 3e-5).sin() * 20_000.0;
    (0..8_000).flat_map(|n| (sample(n) as i16).to_le_bytes()).collect()
}

/// Returns a Matroska file with PCM and these frames. `encodings` is the content of the list of
/// encodings.
fn file(encodings: &[u8], frames: &[&[u8]]) -> Vec<u8> {
    file_with(&entry(1, encodings), frames)
}

/// Returns the entry of a track with PCM.
fn entry(number: u8, encodings: &[u8]) -> Vec<u8> {
    let audio = [element(b"\xb5", &16_000f32.to_be_bytes()), element(b"\x62\x64", &[16])].concat();
    let entry = [
        element(b"\xd7", &[number]),
        element(b"\x83", &[2]),
        element(b"\x6d\x80", encodings),
        element(b"\x86", b"A_PCM/INT/LIT"),
        element(b"\xe1", &audio),
        // A configuration that is not compressed.
        element(b"\x63\xa2", b"configuration"),
    ];
    element(b"\xae", &entry.concat())
}

/// Returns a Matroska file with these entries of tracks, and with the frames of track 1.
fn file_with(entries: &[u8], frames: &[&[u8]]) -> Vec<u8> {
    let blocks =
        frames.iter().flat_map(|frame| element(b"\xa3", &[&[0x81, 0, 0, 0], *frame].concat()));
    let cluster = [element(b"\xe7", &[0]), blocks.collect()].concat();
    let segment = [element(b"\x16\x54\xae\x6b", entries), element(b"\x1f\x43\xb6\x75", &cluster)];
    let header = element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"matroska"));
    [header, element(b"\x18\x53\x80\x67", &segment.concat())].concat()
}

fn encoding(content: &[u8]) -> Vec<u8> {
    element(b"\x62\x40", content)
}

fn compression(content: &[u8]) -> Vec<u8> {
    element(b"\x50\x34", content)
}

fn algorithm(number: u8) -> Vec<u8> {
    element(b"\x42\x54", &[number])
}

/// Returns bytes in the format of zlib, without compression.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let (mut low, mut high) = (1u32, 0);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    let len = bytes.len() as u16;
    let header = [&[0x78, 0x01, 1][..], &len.to_le_bytes(), &(!len).to_le_bytes()].concat();
    [&header, bytes, &(high << 16 | low).to_be_bytes()].concat()
}

#[test]
fn frames_are_decompressed() {
    let expected = decode(file(&[], &[&tone()])).unwrap();
    assert_eq!(expected.len(), 8_000);
    let tone = tone();
    let (first, second) = tone.split_at(6_000);
    let (first, second) = (stored(first), stored(second));
    let zlib = encoding(&compression(&[]));
    assert!(decode(file(&zlib, &[&first, &second])).unwrap() == expected);
}

#[test]
fn a_damaged_configuration_rejects_only_its_own_track() {
    // This encoding applies only to the configuration.
    let scope = element(b"\x50\x32", &[2]);
    let damaged = encoding(&[scope, compression(&[])].concat());
    let error = decode(file(&damaged, &[&tone()])).unwrap_err();
    assert_eq!(error.status, Status::Invalid);
    assert!(error.message.contains("its codec's configuration cannot be decompressed"), "{error}");
    let entries = [entry(1, &[]), entry(2, &damaged)].concat();
    let expected = decode(file(&[], &[&tone()])).unwrap();
    assert!(decode(file_with(&entries, &[&tone()])).unwrap() == expected);
}

#[test]
fn stripped_headers_are_restored() {
    let tone = tone();
    let header = element(b"\x42\x55", &tone[..10]);
    let stripped = encoding(&compression(&[algorithm(3), header].concat()));
    let expected = decode(file(&[], &[&tone])).unwrap();
    assert!(decode(file(&stripped, &[&tone[10..]])).unwrap() == expected);
}

#[test]
fn silence_replaces_a_frame_that_cannot_be_decompressed() {
    let mut file = audio("formats/aac-zlib.mkv");
    let whole = decode(file.clone()).unwrap();
    // The last byte of the checksum of a frame precedes the next block.
    let middle = file.len() / 2;
    let at = middle + file[middle..].windows(2).position(|two| two == b"\xa3\x01").unwrap() - 1;
    file[at] ^= 1;
    let samples = decode(file).unwrap();
    assert_eq!(samples.len(), whole.len());
    // Noise that the decoder adds differs in the later frames, but is low.
    let differ = samples.iter().zip(&whole).filter(|(a, b)| (*a - *b).abs() > 0.02).count();
    assert!((100..1_500).contains(&differ), "{differ}");
    let longest = samples.chunk_by(|a, b| a == b).map(<[f32]>::len).max().unwrap();
    assert!(longest > 200, "{longest}");
}

#[test]
fn other_encodings_are_unsupported() {
    for (encodings, found) in [
        (encoding(&compression(&algorithm(1))), "compressed (bzlib)"),
        (encoding(&compression(&algorithm(2))), "compressed (lzo)"),
        (encoding(&compression(&algorithm(9))), "encoded in an unknown way"),
        (encoding(&element(b"\x50\x33", &[1])), "encrypted"),
        (encoding(&compression(&[])).repeat(2), "encoded several times"),
    ] {
        let error = decode(file(&encodings, &[&tone()])).unwrap_err();
        assert_eq!(error.status, Status::Unsupported);
        let message = format!("Cannot decode a track in matroska that is {found}: accepted are");
        assert!(error.message.starts_with(&message), "{error}");
        assert_eq!(error.demuxer, Some("matroska"));
    }
}
