//! Tests features of containers in generated files: sample types, packet tables, lacing, delays and
//! damage.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod matroska;
mod mp4;
mod recordings;

use std::io::Cursor;

use asr_audio::decode::{Decoder, Info};
use matroska::element;
use mp4::mp4_box;
use recordings::{OPTIONS, audio, format};

/// Returns half a second of a tone at 16 kHz. A wrong shift or scale of any sample type changes the
/// tone.
fn tone() -> Vec<f32> {
    (0..8_000).map(|n| ((n * n) as f32 * 3e-5).sin() * 0.7).collect()
}

fn decode(file: Vec<u8>) -> (Info, Vec<f32>) {
    let len = file.len() as u64;
    let mut decoder = Decoder::open_source(Cursor::new(file), len, OPTIONS).unwrap();
    let mut samples = vec![0.0; 1 << 17];
    let count = decoder.read(&mut samples).unwrap();
    samples.truncate(count);
    (decoder.info(), samples)
}

#[derive(Clone, Copy)]
enum Type {
    Unsigned8,
    /// An integer with this number of bytes.
    Integer(usize),
    Float32,
    Float64,
}

fn bytes_of(samples: &[f32], kind: Type, big_endian: bool) -> Vec<u8> {
    let ordered = |mut bytes: Vec<u8>| {
        if big_endian {
            bytes.reverse();
        }
        bytes
    };
    let sample = |sample: &f32| match kind {
        Type::Unsigned8 => vec![(sample * 127.0 + 128.0) as u8],
        Type::Integer(bytes) => {
            let word = (f64::from(*sample) * 2_147_483_647.0) as i32;
            ordered(word.to_le_bytes()[4 - bytes..].to_vec())
        }
        Type::Float32 => ordered(sample.to_le_bytes().to_vec()),
        Type::Float64 => ordered(f64::from(*sample).to_le_bytes().to_vec()),
    };
    samples.iter().flat_map(sample).collect()
}

fn expect_tone(name: &str, file: Vec<u8>, kind: Type) {
    let (_, samples) = decode(file);
    let expected = tone();
    assert_eq!(samples.len(), expected.len(), "{name}");
    let off = samples.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let step = match kind {
        Type::Unsigned8 | Type::Integer(1) => 1.0 / 60.0,
        _ => 1.0 / 16_000.0,
    };
    assert!(off < step, "{name}: off by {off}");
}

fn wav(tag: u16, container_bits: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let block = container_bits / 8;
    let mut format = [tag, 1].map(u16::to_le_bytes).concat();
    format.extend([16_000, 16_000 * u32::from(block)].map(u32::to_le_bytes).concat());
    format.extend([block, bits].map(u16::to_le_bytes).concat());
    let chunk = |name: &[u8], data: &[u8]| {
        [name, &(data.len() as u32).to_le_bytes(), data, &vec![0; data.len() % 2]].concat()
    };
    // A chunk of odd length precedes the samples, and a list chunk follows them.
    let chunks = [chunk(b"junk", b"odd"), chunk(b"fmt ", &format), chunk(b"data", data)].concat();
    [b"RIFF\xff\xff\xff\xffWAVE", &*chunks, b"LIST\x04\0\0\0INFO"].concat()
}

#[test]
fn wav_supports_every_sample_type() {
    for (name, tag, container, bits, kind) in [
        ("8 bits", 1, 8, 8, Type::Unsigned8),
        ("16 bits", 1, 16, 16, Type::Integer(2)),
        ("12 bits at the upper end of 16", 1, 16, 12, Type::Integer(2)),
        ("24 bits", 1, 24, 24, Type::Integer(3)),
        ("24 bits in 32", 1, 32, 24, Type::Integer(4)),
        ("32 bits", 1, 32, 32, Type::Integer(4)),
        ("float", 3, 32, 32, Type::Float32),
        ("double", 3, 64, 64, Type::Float64),
    ] {
        expect_tone(name, wav(tag, container, bits, &bytes_of(&tone(), kind, false)), kind);
    }
}

#[test]
fn a_large_wav_block_counts_only_if_the_byte_rate_agrees() {
    let (narrow, wide) = (Type::Integer(2), Type::Integer(4));
    let wav_of = |block: u16, byte_rate: u32, kind| {
        let mut file = wav(1, 16, 16, &bytes_of(&tone(), kind, false));
        let format = file.windows(4).position(|found| found == b"fmt ").unwrap() + 8;
        file[format + 8..][..4].copy_from_slice(&byte_rate.to_le_bytes());
        file[format + 12..][..2].copy_from_slice(&block.to_le_bytes());
        file
    };
    // Only in the last case, the block size and the byte rate are correct. In the other cases, the
    // block size is for two channels or one byte, a number is in bits instead of bytes, or the byte
    // rate is 0.
    expect_tone("a stereo block", wav_of(4, 32_000, narrow), narrow);
    expect_tone("a block in bits", wav_of(16, 32_000, narrow), narrow);
    expect_tone("a block and a rate in bits", wav_of(16, 256_000, narrow), narrow);
    expect_tone("no rate", wav_of(4, 0, narrow), narrow);
    expect_tone("a narrower block", wav_of(1, 16_000, narrow), narrow);
    expect_tone("16 bits in 32", wav_of(4, 64_000, wide), wide);
}

#[test]
fn floats_in_the_range_of_integers_are_scaled() {
    let scaled = |factor: f32| tone().iter().map(|sample| sample * factor).collect::<Vec<_>>();
    let rate = [0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0];
    for (name, factor) in [("16 bits", 32_768.0), ("24 bits", 8_388_608.0), ("32 bits", 2.1e9)] {
        for (kind, big_endian, tag) in
            [(Type::Float32, false, 32), (Type::Float64, false, 64), (Type::Float32, true, 32)]
        {
            let data = bytes_of(&scaled(factor), kind, big_endian);
            let file = if big_endian {
                let common = [&[0, 1, 0, 0, 0x1f, 0x40, 0, 32], &rate[..], b"fl32\0\0"].concat();
                let size = |bytes: &[u8]| (bytes.len() as u32).to_be_bytes();
                let sound = [&[0; 8], &*data].concat();
                let chunks = [b"COMM", &size(&common)[..], &common, b"SSND", &size(&sound), &sound];
                [b"FORM\0\0\0\0AIFC", &*chunks.concat()].concat()
            } else {
                wav(3, tag, tag, &data)
            };
            let scale = if factor == 2.1e9 { 2_147_483_648.0 / 2.1e9 } else { 1.0 };
            let (_, samples) = decode(file);
            let expected = scaled(1.0 / scale);
            let off = |(a, b): (&f32, &f32)| (a - b).abs();
            let off = samples.iter().zip(&expected).map(off).fold(0.0, f32::max);
            assert!(samples.len() == expected.len() && off < 1e-6, "{name}: off by {off}");
        }
    }
    // Some samples exceed full scale, as in some mixes. These samples are clipped.
    let (_, samples) = decode(wav(3, 32, 32, &bytes_of(&scaled(2.0), Type::Float32, false)));
    let expected = scaled(2.0).iter().map(|sample| sample.clamp(-1.0, 1.0)).collect::<Vec<_>>();
    assert!(samples == expected);
}

#[test]
fn au_supports_every_sample_type() {
    for (encoding, kind) in [
        (2u32, Type::Integer(1)),
        (3, Type::Integer(2)),
        (4, Type::Integer(3)),
        (5, Type::Integer(4)),
        (6, Type::Float32),
        (7, Type::Float64),
    ] {
        let data = bytes_of(&tone(), kind, true);
        for len in [data.len() as u32, u32::MAX] {
            let header = [32, len, encoding, 16_000, 1].map(u32::to_be_bytes).concat();
            let file = [b".snd", &*header, b"a remark", &data].concat();
            expect_tone(&format!("encoding {encoding}"), file, kind);
        }
    }
}

#[test]
fn aiff_supports_every_sample_type() {
    for (name, bits, kind, big_endian) in [
        (b"NONE", 8u16, Type::Integer(1), true),
        (b"NONE", 12, Type::Integer(2), true),
        (b"twos", 16, Type::Integer(2), true),
        (b"sowt", 16, Type::Integer(2), false),
        (b"raw ", 8, Type::Unsigned8, true),
        (b"in24", 24, Type::Integer(3), true),
        (b"42ni", 24, Type::Integer(3), false),
        (b"in32", 32, Type::Integer(4), true),
        (b"23ni", 32, Type::Integer(4), false),
        (b"FL32", 32, Type::Float32, true),
        (b"fl64", 64, Type::Float64, true),
    ] {
        let rate = [0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0];
        let frames = (tone().len() as u32).to_be_bytes();
        let common = [&[0, 1], &frames[..], &bits.to_be_bytes(), &rate, name, b"\0\0"].concat();
        let data = [&[0; 8], &*bytes_of(&tone(), kind, big_endian)].concat();
        let chunk =
            |name: &[u8], data: &[u8]| [name, &(data.len() as u32).to_be_bytes(), data].concat();
        let (common, sound) = (chunk(b"COMM", &common), chunk(b"SSND", &data));
        let name = String::from_utf8_lossy(name);
        // The format chunk and the sample chunk are tested in both orders.
        expect_tone(&name, [b"FORM\0\0\0\0AIFC", &*common, &sound].concat(), kind);
        expect_tone(&name, [b"FORM\0\0\0\0AIFC", &*sound, &common].concat(), kind);
    }
}

fn caf(format: &[u8; 4], layout: [u32; 5], chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let description =
        [16_000f64.to_be_bytes().as_slice(), format, &layout.map(u32::to_be_bytes).concat()]
            .concat();
    let chunk = |name: &[u8], data: &[u8]| {
        let size = if name == b"data" { -1 } else { data.len() as i64 };
        [name, &size.to_be_bytes(), data].concat()
    };
    let chunks: Vec<u8> = chunks.iter().flat_map(|(name, data)| chunk(*name, data)).collect();
    [b"caff\0\x01\0\0".as_slice(), &chunk(b"desc", &description), &chunks].concat()
}

#[test]
fn caf_supports_every_sample_type() {
    for (bits, kind, flags) in [
        (8u32, Type::Integer(1), 0),
        (16, Type::Integer(2), 2),
        (24, Type::Integer(3), 0),
        (32, Type::Integer(4), 2),
        (32, Type::Float32, 3),
        (64, Type::Float64, 1),
    ] {
        let data = [vec![0; 4], bytes_of(&tone(), kind, flags & 2 == 0)].concat();
        let file = caf(b"lpcm", [flags, bits / 8, 1, 1, bits], &[(b"data", &data)]);
        expect_tone(&format!("{bits} bits"), file, kind);
    }
}

#[test]
fn caf_uses_the_packet_table() {
    let adts = format("aac.aac");
    let mut frames: Vec<&[u8]> = Vec::new();
    let mut rest = &*adts;
    while rest.len() > 7 {
        let len =
            usize::from(rest[3] & 3) << 11 | usize::from(rest[4]) << 3 | usize::from(rest[5] >> 5);
        let header = if rest[1] & 1 == 1 { 7 } else { 9 };
        frames.push(&rest[header..len]);
        rest = &rest[len..];
    }
    let numbers = |len: usize| [(len >> 7) as u8 | 0x80, len as u8 & 0x7f];
    let table: Vec<u8> = frames.iter().flat_map(|frame| numbers(frame.len())).collect();
    // The packet table declares 1,024 frames of priming and three seconds of audio.
    let counts = [frames.len() as u64, 132_300].map(u64::to_be_bytes).concat();
    let table = [&*counts, &1_024u32.to_be_bytes(), &[0; 4], &table].concat();
    let cookie = b"\x03\x19\0\0\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\x12\x10";
    let data = [&[0; 4], &*frames.concat()].concat();
    let file = caf(
        b"aac ",
        [0, 0, 1_024, 2, 0],
        &[(b"kuki", cookie), (b"pakt", &table), (b"data", &data)],
    );
    let (info, samples) = decode(file);
    assert_eq!((info.container, info.codec, info.sample_rate), ("caf", "aac", 44_100));
    let (_, expected) = decode(format("aac.m4a"));
    assert_eq!(samples.len(), 48_000);
    let off = samples.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 1e-4, "off by {off}");
}

#[test]
fn itunes_metadata_counts_only_without_an_edit_list() {
    let note = b" 00000000 00000400 0000032C 00000000000204CC 00000000";
    let note = [
        mp4_box(b"mean", b"\0\0\0\0com.apple.iTunes"),
        mp4_box(b"name", b"\0\0\0\0iTunSMPB"),
        mp4_box(b"data", &[b"\0\0\0\x01\0\0\0\0", note.as_slice()].concat()),
    ]
    .concat();
    let list = mp4_box(b"ilst", &mp4_box(b"----", &note));
    let user_data = mp4_box(b"udta", &mp4_box(b"meta", &[&[0; 4], &*list].concat()));
    let mut file = format("aac.m4a");
    let at = |file: &[u8], name: &[u8]| file.windows(4).position(|found| found == name).unwrap();
    let edits = at(&file, b"edts");
    file[edits..edits + 4].copy_from_slice(b"free");
    let without = decode(file.clone()).1.len();
    // The movie box is at the end of the file.
    let movie = at(&file, b"moov") - 4;
    let size = (file.len() - movie + user_data.len()) as u32;
    file[movie..movie + 4].copy_from_slice(&size.to_be_bytes());
    let (_, samples) = decode([file, user_data].concat());
    assert!(without > 48_300, "{without}");
    assert_eq!(samples, decode(format("aac.m4a")).1);
}

/// Returns the headers of a Matroska file with PCM. The size of the segment is unknown.
fn matroska_head(extra: &[u8]) -> Vec<u8> {
    matroska_head_of(&[track_entry(1, extra)])
}

fn matroska_head_of(entries: &[Vec<u8>]) -> Vec<u8> {
    [
        element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"matroska")),
        b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        element(b"\x16\x54\xae\x6b", &entries.concat()),
    ]
    .concat()
}

fn track_entry(number: u8, extra: &[u8]) -> Vec<u8> {
    let audio = [element(b"\xb5", &16_000f32.to_be_bytes()), element(b"\x62\x64", &[16])].concat();
    let entry = [
        element(b"\xd7", &[number]),
        element(b"\x83", &[2]),
        element(b"\x86", b"A_PCM/INT/LIT"),
        element(b"\xe1", &audio),
        extra.to_vec(),
    ]
    .concat();
    element(b"\xae", &entry)
}

fn cluster(block: &[u8]) -> Vec<u8> {
    element(b"\x1f\x43\xb6\x75", &[element(b"\xe7", &[0]), element(b"\xa3", block)].concat())
}

#[test]
fn matroska_supports_every_kind_of_lacing() {
    let data = bytes_of(&tone(), Type::Integer(2), false);
    let parts = [&data[..700], &data[700..1_100], &data[1_100..2_000], &data[2_000..]];
    let fixed: Vec<u8> = [&[0x81, 0, 0, 0x04, 3], &*data].concat();
    let xiph =
        [&[0x81, 0, 0, 0x02, 3, 255, 255, 190, 255, 145, 255, 255, 255, 135], &*parts.concat()];
    // EBML lacing stores the first size (700) and then the differences between the sizes (-300 and
    // +500). A constant is added to each difference, so that no number is negative.
    let first = 0x4000u16 | 700;
    let difference = |difference: i16| (0x4000 | (difference + 0x1fff) as u16).to_be_bytes();
    let sizes = [first.to_be_bytes(), difference(-300), difference(500)].concat();
    let ebml = [&[0x81, 0, 0, 0x06, 3], &*sizes, &data];
    for (name, block) in [
        ("no lacing", [&[0x81, 0, 0, 0], &*data].concat()),
        ("fixed", fixed),
        ("xiph", xiph.concat()),
        ("ebml", ebml.concat()),
    ] {
        // The first block is a block of another track.
        let file = [matroska_head(&[]), cluster(b"\x82\0\0\0other"), cluster(&block)].concat();
        expect_tone(name, file, Type::Integer(2));
    }
}

#[test]
fn matroska_decodes_the_default_track_if_enabled() {
    let data = bytes_of(&tone(), Type::Integer(2), false);
    let (not_default, not_enabled) = (element(b"\x88", &[0]), element(b"\xb9", &[0]));
    for (name, heard, extras) in [
        ("the first of two", 1, [vec![], vec![]]),
        ("the default one", 2, [not_default.clone(), vec![]]),
        ("the enabled one", 2, [not_enabled, vec![]]),
        ("the first of none that is", 1, [not_default.clone(), not_default]),
    ] {
        let [first, second] = extras;
        let head = matroska_head_of(&[track_entry(1, &first), track_entry(2, &second)]);
        let other = cluster(&[&[0x80 | (3 - heard), 0, 0, 0], &*vec![0; 9_000]].concat());
        let block = cluster(&[&[0x80 | heard, 0, 0, 0], &*data].concat());
        expect_tone(name, [head, other, block].concat(), Type::Integer(2));
    }
}

#[test]
fn matroska_continues_after_damage() {
    let data = bytes_of(&tone(), Type::Integer(2), false);
    let (first, second) = data.split_at(6_000);
    let block = |data: &[u8]| cluster(&[&[0x81, 0, 0, 0], data].concat());
    let file = [matroska_head(&[]), block(first), vec![0; 999], block(second)].concat();
    expect_tone("damaged", file, Type::Integer(2));
}

#[test]
fn flac_reads_speakers_after_tags_and_pictures() {
    let file = audio("exact/samples/flac-mask-44100-4.0.flac");
    let (info, rest) = file.split_at(4 + 4 + 34);
    let picture = [&[6, 1, 0, 0], &*vec![0; 1 << 16]].concat();
    let tag = [b"ID3\x04\0\0\0\0\x7f\x7f".as_slice(), &[0; 0x3fff]].concat();
    let (_, expected) = decode(file.clone());
    assert_eq!(decode([info, &picture, rest].concat()).1, expected);
    assert_eq!(decode([&tag, &*file].concat()).1, expected);
    // If the speaker layout is removed, the file must get the usual layout.
    let mut unnamed = file.clone();
    let name = unnamed.windows(12).position(|found| found == b"CHANNEL_MASK").unwrap();
    unnamed[name] = b'X';
    assert_ne!(decode(unnamed).1, expected);
}
