//! Decodes wav files whose codec is GSM 06.10, MP3 or MP2.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod recordings;

use std::io::Cursor;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::{Result, Status};
use recordings::{audio, format};

/// Positions of fields in the header of `wav-gsm.wav`.
const CHANNELS: usize = 22;
const BLOCK_BYTES: usize = 32;
const DATA: usize = 60;

fn decode(file: Vec<u8>, sample_rate: u32) -> Result<Vec<f32>> {
    let len = file.len() as u64;
    let options = Options { sample_rate, ..Options::DEFAULT };
    let mut decoder = Decoder::open_source(Cursor::new(file), len, options)?;
    let mut samples = vec![0.0; 1 << 17];
    let count = decoder.read(&mut samples)?;
    samples.truncate(count);
    Ok(samples)
}

#[test]
fn samples_of_gsm_equal_those_of_ffmpeg() {
    let expected: Vec<i16> = audio("gsm-8k.s16")
        .chunks_exact(2)
        .map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]))
        .collect();
    let samples = decode(format("wav-gsm.wav"), 8_000).unwrap();
    let exact = samples.iter().map(|sample| (sample * 32_768.0) as i16);
    assert!(exact.eq(expected));
}

#[test]
fn a_part_of_a_block_of_gsm_is_left_out() {
    let file = format("wav-gsm.wav");
    let whole = decode(file.clone(), 8_000).unwrap();
    let cut = decode(file[..DATA + 3 * 65 + 64].to_vec(), 8_000).unwrap();
    assert_eq!(cut, whole[..3 * 320]);
}

#[test]
fn other_kinds_of_gsm_are_unsupported() {
    for (at, value, found) in [
        (CHANNELS, 2, "Cannot decode GSM 6.10 with 2 channels in wav"),
        (BLOCK_BYTES, 33, "Cannot decode GSM 6.10 with blocks of 33 bytes in wav"),
    ] {
        let mut file = format("wav-gsm.wav");
        file[at] = value;
        let error = decode(file, 8_000).unwrap_err();
        assert_eq!(error.status, Status::Unsupported);
        assert!(error.message.contains(found), "{error}");
    }
}

#[test]
fn the_frames_of_mp3_end_with_their_chunk() {
    for name in ["wav-mp3.wav", "wav-mp2.wav"] {
        let file = format(name);
        let whole = decode(file.clone(), 16_000).unwrap();
        let data = file.windows(4).position(|found| found == b"data").unwrap() + 8;
        // A chunk that follows the samples contains further frames.
        let size = ((file.len() - data) as u32).to_le_bytes();
        let followed = [&file, &b"junk"[..], &size, &file[data..]].concat();
        assert_eq!(decode(followed, 16_000).unwrap(), whole, "{name}");
        // If the length is unknown, the samples end with the file.
        let mut streamed = file.clone();
        streamed[data - 4..data].fill(0xff);
        assert_eq!(decode(streamed, 16_000).unwrap(), whole, "{name}");
    }
}

#[test]
fn a_wav_with_frames_that_no_decoder_accepts_is_unsupported() {
    let mut file = format("wav-mp2.wav");
    let data = file.windows(4).position(|found| found == b"data").unwrap() + 8;
    // Frames in mono at 48 kHz and 384 kbit/s have 1,152 bytes.
    let frame = [&[0xff, 0xfd, 0xe4, 0xc0][..], &[0; 1_148]].concat();
    let count = file.len() - data;
    file.splice(data.., frame.into_iter().cycle().take(count));
    let error = decode(file, 16_000).unwrap_err();
    assert_eq!(error.status, Status::Unsupported);
    assert!(error.message.contains("mp2 in mono at 384 kbit/s"), "{error}");
}

#[test]
fn a_wav_without_frames_of_mp3_is_invalid() {
    let mut file = format("wav-mp3.wav");
    let data = file.windows(4).position(|found| found == b"data").unwrap() + 8;
    file[data..].fill(0);
    let error = decode(file, 16_000).unwrap_err();
    assert_eq!(error.status, Status::Invalid);
    assert!(error.message.contains("it has no frames of MPEG audio"), "{error}");
}
