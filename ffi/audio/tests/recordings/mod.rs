//! Reads and decodes the files of `test/audio`.

#![allow(dead_code)]

use std::path::PathBuf;

use asr_audio::decode::{Decoder, Info};
use asr_audio::limits::Options;
use asr_audio::status::Result;

pub const OPTIONS: Options = Options { channels_max: 8, ..Options::DEFAULT };

/// Returns the bytes of a file of `test/audio/formats`.
pub fn format(name: &str) -> Vec<u8> {
    audio(&format!("formats/{name}"))
}

/// Returns the bytes of a file of `test/audio`.
pub fn audio(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

/// Returns the names of all files of `test/audio/formats`.
pub fn formats() -> Vec<String> {
    let entries =
        std::fs::read_dir(folder().join("formats")).unwrap().map(std::result::Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut names: Vec<String> =
        files.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn open(file: &str, options: Options) -> Result<Decoder> {
    Decoder::open(&folder().join(file), options)
}

pub fn decode(file: &str, options: Options) -> Result<(Info, Vec<f32>)> {
    decode_path(folder().join(file), options)
}

pub fn decode_path(path: PathBuf, options: Options) -> Result<(Info, Vec<f32>)> {
    let mut decoder = Decoder::open(&path, options)?;
    let info = decoder.info();
    let mut samples = Vec::new();
    let mut block = [0.0; 4_000];
    loop {
        match decoder.read(&mut block)? {
            0 => return Ok((info, samples)),
            count => samples.extend_from_slice(&block[..count]),
        }
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/audio")
}
