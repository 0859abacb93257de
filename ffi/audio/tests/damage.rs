//! Tests damage to packets and frame headers. Damaged packets must become silence, and all other
//! packets must be decoded.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod ogg;
mod recordings;
mod whole;

use std::ops::Range;

use asr_audio::status::Status;
use recordings::format;
use whole::decode;

/// First byte of an AAC packet with an element type that the decoder does not support.
const COUPLING: u8 = 0x40;
const PROGRAM_CONFIG: u8 = 0xa0;

#[test]
fn a_damaged_packet_that_looks_unsupported_is_silent() {
    let stream = format("aac.aac");
    let packet = &stream[frames(&stream)[40].clone()][7..23];
    for name in ["aac.aac", "aac.m4a", "aac.mkv"] {
        let whole = format(name);
        let at = whole.windows(16).position(|found| found == packet).unwrap();
        for damage in [COUPLING, PROGRAM_CONFIG] {
            let mut file = whole.clone();
            file[at] = damage;
            expect_like(name, &decode(file).unwrap(), &decode(whole.clone()).unwrap());
        }
    }
    let whole = format("wav-ms-adpcm.wav");
    let data = whole.windows(4).position(|found| found == b"data").unwrap() + 8;
    let block_bytes = usize::from(u16::from_le_bytes([whole[32], whole[33]]));
    let mut file = whole.clone();
    // This byte of the third block is the number of a predictor. Only the numbers 0 to 6 are valid.
    file[data + 2 * block_bytes] = 0xff;
    expect_like("wav-ms-adpcm.wav", &decode(file).unwrap(), &decode(whole).unwrap());
}

#[test]
fn a_file_without_a_decodable_packet_is_invalid() {
    let mut file = format("opus.ogg");
    for page in ogg::pages(&file).into_iter().skip(2) {
        let page = &mut file[page];
        let segments = usize::from(page[26]);
        let sizes = page[27..][..segments].to_vec();
        let mut at = 27 + segments;
        for size in sizes {
            // Two frames, the first of which is longer than the packet.
            page[at] = page[at] & 0xfc | 2;
            page[at + 1..at + 3].fill(0xff);
            at += usize::from(size);
        }
        ogg::seal(page);
    }
    let error = decode(file).map(|samples| samples.len()).unwrap_err();
    assert_eq!(error.status, Status::Invalid);
    assert!(error.message.contains("opus: the packet is damaged"), "{error}");
}

#[test]
fn a_stream_of_unsupported_packets_is_rejected() {
    // The first two cases damage a byte of the packets. The last case damages a byte of the frame
    // headers that contains the number of packets in the frame.
    for (first, byte, value, message) in [
        (0, 7, PROGRAM_CONFIG, "program config"),
        (1, 7, PROGRAM_CONFIG, "program config"),
        (3, 6, 0xff, "only 1 aac frame per adts packet"),
    ] {
        let mut file = format("aac.aac");
        for frame in frames(&file).drain(first..) {
            file[frame.start + byte] = value;
        }
        let error = decode(file).unwrap_err();
        assert_eq!(error.status, Status::Unsupported, "from packet {first} on: {error}");
        assert!(error.message.contains(message), "{error}");
    }
}

#[test]
fn false_headers_are_skipped() {
    let whole = format("aac.aac");
    let expected = decode(whole.clone()).unwrap();
    let (before, after) = whole.split_at(frames(&whole)[40].start);
    // One header has an invalid sample rate. The other header declares four packets in one frame.
    for header in [b"\xff\xf1\x7c\x80\x10\x1f\xfc", b"\xff\xf1\x50\x80\x10\x1f\xff"] {
        let file = [before, &header.repeat(30), after].concat();
        assert!(decode(file).unwrap() == expected, "{header:x?}");
    }
}

#[test]
fn noise_after_the_last_packet_loses_no_samples() {
    let whole = format("aac.aac");
    let expected = decode(whole.clone()).unwrap();
    for seed in 1..20 {
        let mut word = seed;
        let noise = std::iter::repeat_with(|| {
            word ^= word << 13;
            word ^= word >> 17;
            word ^= word << 5;
            word as u8
        });
        let file = whole.iter().copied().chain(noise.take(4_096)).collect();
        let samples = decode(file).unwrap();
        // The last samples are not compared. The resampler computes them also from the data that
        // follows, which is noise here.
        let heard = expected.len() - 100;
        assert!(samples[..heard] == expected[..heard], "{seed}");
    }
}

/// Checks the length of the audio and the samples before the damage.
fn expect_like(name: &str, samples: &[f32], expected: &[f32]) {
    assert_eq!(samples.len(), expected.len(), "{name}");
    let same = samples.iter().zip(expected).take_while(|(one, other)| one == other).count();
    assert!((500..expected.len()).contains(&same), "{name} differs from sample {same} on");
}

/// Returns the byte ranges of the frames of an ADTS stream.
fn frames(stream: &[u8]) -> Vec<Range<usize>> {
    let (mut frames, mut start) = (Vec::new(), 0);
    while let Some([_, _, _, a, b, c, _]) = stream.get(start..start + 7) {
        let bytes = usize::from(a & 3) << 11 | usize::from(*b) << 3 | usize::from(*c) >> 5;
        frames.push(start..start + bytes);
        start += bytes;
    }
    frames
}
