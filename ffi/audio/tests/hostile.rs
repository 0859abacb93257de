//! Decodes hostile files. Each file in `test/audio/hostile` once caused a failure, which the fuzzer
//! or a review found. The tests generate the files that are too large for the repository. No file
//! may cause a crash or exhaust the stack or the memory. Every error must be an error of the file,
//! not of the system.

#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr)]

mod matroska;
mod memory;
mod mp4;
mod recordings;

use std::io::Cursor;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::{Result, Status};
use matroska::element;
use memory::{MEGABYTE, alone, growth};
use mp4::mp4_box;
use recordings::audio;

/// Maximum length in seconds of the audio that is decoded from one file.
const SECONDS_MAX: usize = 60;
const GROWTH_MAX: usize = 40 * MEGABYTE;
const SEARCHED_BYTES: usize = 8 << 20;
/// Maximum time for all files of a test together. Usually, the test takes a few seconds. If the
/// searches took quadratic time, the test would take minutes.
const SEARCH_TIME: Duration = Duration::from_secs(60);
const STACK_BYTES: usize = 512 << 10;

#[test]
fn handles_every_stored_hostile_file() {
    let _alone = alone();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/audio/hostile");
    let files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for path in files {
        let file = std::fs::read(&path).unwrap();
        survive(&path.to_string_lossy(), file);
    }
}

#[test]
fn survives_damaged_surround_sound() {
    let _alone = alone();
    for name in ["aac-48000-6.0.m4a", "aac-48000-5.1.m4a", "aac-44100-7.1.aac"] {
        let whole = audio(&format!("exact/samples/{name}"));
        for seed in 0..150_u32 {
            let mut file = whole.clone();
            let mut state = seed;
            for _ in 0..1 + seed % 20 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % file.len();
                file[at] ^= 1 << (state >> 5 & 7);
            }
            survive(&format!("{name} with seed {seed}"), file);
        }
    }
    // 45 pairs of channels in a program configuration.
    let mut program = vec![0x11, 0x80, 0x04, 0xff, 0xfc, 0x00];
    program.extend([0xff; 40]);
    let esds = [&[3, 60, 0, 1, 0, 4, 52, 0x40], [0; 12].as_slice(), &[5, 46], &program].concat();
    let entry = [[0; 28].as_slice(), &mp4_box(b"esds", &[[0; 4].as_slice(), &esds].concat())];
    let description = [[0; 8].as_slice(), &mp4_box(b"mp4a", &entry.concat())].concat();
    let handler = mp4_box(b"hdlr", b"\0\0\0\0\0\0\0\0soun");
    let media = [handler, mp4_box(b"stsd", &description)].concat();
    let track = mp4_box(b"trak", &mp4_box(b"mdia", &media));
    let file = [mp4_box(b"ftyp", b"M4A \0\0\0\0"), mp4_box(b"moov", &track)].concat();
    survive("45 pairs of channels", file);
}

#[test]
fn stores_only_the_decoded_track() {
    let _alone = alone();
    let private = element(&[0x63, 0xa2], &[0; MEGABYTE]);
    let track = [element(&[0x83], &[2]), element(&[0x86], b"A_ALAC"), private].concat();
    let tracks = element(&[0xae], &track).repeat(60);
    let segment = element(&[0x16, 0x54, 0xae, 0x6b], &tracks);
    let matroska =
        [element(&[0x1a, 0x45, 0xdf, 0xa3], &[]), element(&[0x18, 0x53, 0x80, 0x67], &segment)];
    survive("sixty configurations in matroska", matroska.concat());

    let entry = [[0; 28].as_slice(), &mp4_box(b"dOps", &[0; MEGABYTE])].concat();
    let description = [[0; 8].as_slice(), &mp4_box(b"Opus", &entry)].concat();
    let handler = mp4_box(b"hdlr", b"\0\0\0\0\0\0\0\0soun");
    let media = [handler, mp4_box(b"stsd", &description)].concat();
    let tracks = mp4_box(b"trak", &mp4_box(b"mdia", &media)).repeat(60);
    let mp4 = [mp4_box(b"ftyp", b"M4A \0\0\0\0"), mp4_box(b"moov", &tracks)].concat();
    survive("sixty configurations in mp4", mp4);
}

/// The compressed frames of the file repeat one byte, so they would become a thousand times longer.
#[test]
fn limits_the_length_of_decompressed_frames() {
    let _alone = alone();
    let zlib = element(b"\x6d\x80", &element(b"\x62\x40", &element(b"\x50\x34", &[])));
    let track =
        [element(&[0xd7], &[1]), element(&[0x83], &[2]), element(&[0x86], b"A_PCM/INT/LIT")];
    let tracks = element(b"\x16\x54\xae\x6b", &element(&[0xae], &[track.concat(), zlib].concat()));
    let block = element(&[0xa3], &[&[0x81, 0, 0, 0], &*repeated_byte()].concat());
    let cluster = element(b"\x1f\x43\xb6\x75", &block.repeat(20));
    let segment = element(b"\x18\x53\x80\x67", &[tracks, cluster].concat());
    survive("a long frame", [element(b"\x1a\x45\xdf\xa3", &[]), segment].concat());
}

/// Returns a stream in the format of zlib that repeats a zero 64 million times. It has fixed codes:
/// a literal, and then copies of 258 bytes from the distance 1.
fn repeated_byte() -> Vec<u8> {
    const COPIES: usize = 250_000;
    // The codes of the start of a block, a literal zero, and a copy with its distance. Each is a
    // list of bits in the order of the stream.
    let copy = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    let start = [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    let bits: Vec<u8> =
        start.into_iter().chain(copy.into_iter().cycle().take(13 * COPIES)).collect();
    let to_byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
    [vec![0x78, 0x01], bits.chunks(8).map(to_byte).collect()].concat()
}

/// Each packet of the stream starts a PES packet whose header or frame does not end.
#[test]
fn stores_only_the_current_frame_of_a_transport_stream() {
    let _alone = alone();
    let opening = audio("formats/aac.ts");
    let start = |n: usize| [0x47, 0x41, 0, 0x10 | n as u8 & 0x0f, 0, 0, 1, 0xc0, 0, 0, 0x80, 0x80];
    // A header of ADTS that declares the longest frame.
    let frame = b"\xff\xf1\x50\x83\xff\xff\xfc".as_slice();
    for (name, rest) in [
        ("headers without an end", &[255][..]),
        ("frames without an end", &[&[5, 0x21, 0, 1, 0, 1], frame].concat()),
        ("packets without bytes", &[5, 0x21, 0, 1, 0, 1]),
    ] {
        let packet = |n| {
            let mut packet = [&start(n), rest].concat();
            packet.resize(188, 0);
            packet
        };
        let packets = (0..SEARCHED_BYTES / 188).flat_map(packet).collect();
        survive(name, [opening.clone(), packets].concat());
    }
}

#[test]
fn limits_the_depth_of_nested_headers() {
    let _alone = alone();
    let boxes = nested(|left| [(left as u32).to_be_bytes(), *b"stbl"].concat());
    let moov = mp4_box(b"moov", &mp4_box(b"trak", &boxes));
    survive("boxes in boxes", [mp4_box(b"ftyp", b"M4A \0\0\0\0"), moov].concat());

    let encodings = nested(|left| {
        let size = (left - 10) | 1 << 56;
        [[0x6d, 0x80].as_slice(), &size.to_be_bytes()].concat()
    });
    let tracks = element(&[0x16, 0x54, 0xae, 0x6b], &element(&[0xae], &encodings));
    let segment = element(&[0x18, 0x53, 0x80, 0x67], &tracks);
    survive("elements in elements", [element(&[0x1a, 0x45, 0xdf, 0xa3], &[]), segment].concat());
}

/// Each file repeats a pattern. Each repetition makes the reader start a new search.
#[test]
fn searches_the_same_bytes_only_once() {
    let _alone = alone();
    let start = Instant::now();
    let opening = audio("formats/opus-streamed.webm");
    let cluster = opening.windows(4).position(|found| found == b"\x1f\x43\xb6\x75").unwrap();
    for (name, block) in [
        ("blocks that reach far", b"\xa3\x20\x40\0\x81\0\0\0".as_slice()),
        ("blocks without an end", b"\xa3\xff\x81\0\0\0"),
        ("groups of blocks that reach far", b"\xa0\x20\x40\0\xa1\x20\x30\0\x81\0\0\0"),
        ("unknown elements that reach far", b"\x81\x20\x40\0"),
        ("blocks and unknown elements", b"\xa3\x85\x81\0\0\0\0\x81\x20\x40\0"),
        ("clusters", b"\x1f\x43\xb6\x75\xff\0"),
    ] {
        survive(name, [&opening[..cluster], &block.repeat(SEARCHED_BYTES / block.len())].concat());
    }
    let opening = audio("formats/aac-fragmented.mp4");
    let fragment = opening.windows(4).position(|found| found == b"moof").unwrap() - 4;
    for (name, bytes) in [
        ("fragments that reach far", b"\0\x40\0\0moof".as_slice()),
        ("fragments without an end", b"\x7f\0\0\0moof"),
        ("fragments that are damaged", b"\0\0\0\x20moof\0\0\0\x02"),
    ] {
        survive(name, [&opening[..fragment], &bytes.repeat(SEARCHED_BYTES / bytes.len())].concat());
    }
    let opening = audio("formats/opus.ogg");
    let page = b"OggS\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff".as_slice();
    survive("pages that reach far", [&opening, &*page.repeat(SEARCHED_BYTES / 29)].concat());
    let opening = audio("formats/flac-streamed.flac");
    let frame =
        &opening[opening.windows(2).rposition(|found| found == b"\xff\xf8").unwrap()..][..8];
    survive("headers of frames", [&*opening, &frame.repeat(SEARCHED_BYTES / 8)].concat());
    let opening = audio("formats/aac.ts");
    survive("packets of no stream", [&opening, &*vec![b'G'; SEARCHED_BYTES]].concat());
    let far = [b"G".as_slice(), &[0; 100]].concat().repeat(SEARCHED_BYTES / 101);
    survive("packets at a wrong distance", [opening, far].concat());
    survive("zeros", vec![0; SEARCHED_BYTES]);
    assert!(start.elapsed() < SEARCH_TIME, "{:?}", start.elapsed());
}

/// Returns nested headers. The content of each header is the rest of the file.
fn nested(header: impl Fn(u64) -> Vec<u8>) -> Vec<u8> {
    const DEPTH: u64 = 100_000;
    let bytes = header(10).len() as u64;
    (0..DEPTH).flat_map(|level| header((DEPTH - level) * bytes)).collect()
}

/// Decodes a file on a small stack. Checks the memory, the samples and the kind of error.
fn survive(name: &str, file: Vec<u8>) {
    // Prints panics without a backtrace. A backtrace needs more memory than the decoding of any of
    // these files, and `growth` would count it.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let len = file.len() as u64;
    let work =
        move || growth(|| decode(Decoder::open_source(Cursor::new(file), len, Options::DEFAULT)?));
    let decoding = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap();
    let (outcome, growth) = decoding.join().unwrap();
    if let Err(error) = outcome {
        assert!(!matches!(error.status, Status::Internal | Status::Io), "{name}: {error}");
    }
    assert!(growth < GROWTH_MAX, "{name}: {growth} bytes");
}

fn decode(mut decoder: Decoder) -> Result<()> {
    let mut block = [0.0; 4_000];
    for _ in 0..4 * SECONDS_MAX {
        let count = decoder.read(&mut block)?;
        assert!(block[..count].iter().all(|sample| sample.abs() <= 1.0));
        if count == 0 {
            break;
        }
    }
    Ok(())
}
