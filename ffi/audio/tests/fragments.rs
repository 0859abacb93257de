//! Tests mp4 fragments with many runs of samples. All runs must be decoded, or the file must be
//! rejected.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod mp4;

use std::io::Cursor;
use std::path::PathBuf;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::{Result, Status};
use mp4::mp4_box;

#[test]
fn decodes_every_run_of_a_fragment() {
    // Each sample has 1,024 frames at 44.1 kHz.
    assert_eq!(decode(fragment(&[3_000])).unwrap(), (3_000 * 1_024 * 160_usize).div_ceil(441));
}

#[test]
fn rejects_too_many_runs() {
    let error = decode(fragment(&[3_000, 3_000])).unwrap_err();
    assert_eq!(error.status, Status::Limit);
    assert!(error.message.contains("more than 4096 runs"), "{error}");
}

/// Returns a file with one fragment. Each track box has the given number of runs, and all runs
/// contain the same packet.
fn fragment(runs: &[usize]) -> Vec<u8> {
    let formats = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/audio/formats");
    let file = std::fs::read(formats.join("aac-fragmented.mp4")).unwrap();
    let head = &file[..file.windows(4).position(|found| found == b"moof").unwrap() - 4];
    let stream = std::fs::read(formats.join("aac.aac")).unwrap();
    let fields =
        |fields: &[u32]| fields.iter().flat_map(|field| field.to_be_bytes()).collect::<Vec<_>>();
    let bytes = u32::from_be_bytes([0, stream[3] & 3, stream[4], stream[5]]) >> 5;
    let packet = &stream[7..bytes as usize];
    let track = |runs: &usize, offset: u32| {
        // The run declares one sample, the size of the sample, and its distance from the start of
        // the fragment.
        let run = fields(&[0x201, 1, offset, packet.len() as u32]);
        let header = mp4_box(b"tfhd", &fields(&[0x2_0000, 1]));
        mp4_box(b"traf", &[header, mp4_box(b"trun", &run).repeat(*runs)].concat())
    };
    let tracks = |offset| runs.iter().flat_map(|runs| track(runs, offset)).collect::<Vec<_>>();
    let offset = mp4_box(b"moof", &tracks(0)).len() as u32 + 8;
    [head, &mp4_box(b"moof", &tracks(offset)), &mp4_box(b"mdat", packet)].concat()
}

/// Returns the number of decoded samples.
fn decode(file: Vec<u8>) -> Result<usize> {
    let len = file.len() as u64;
    let mut decoder = Decoder::open_source(Cursor::new(file), len, Options::DEFAULT)?;
    let mut samples = vec![0.0; 1 << 21];
    decoder.read(&mut samples)
}
