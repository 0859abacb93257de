//! Decodes a short file with a single read.

use std::io::Cursor;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::Result;

pub fn decode(file: Vec<u8>) -> Result<Vec<f32>> {
    let len = file.len() as u64;
    let mut decoder = Decoder::open_source(Cursor::new(file), len, Options::DEFAULT)?;
    let mut samples = vec![0.0; 1 << 17];
    let count = decoder.read(&mut samples)?;
    samples.truncate(count);
    Ok(samples)
}
