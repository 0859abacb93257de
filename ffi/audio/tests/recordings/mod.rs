//! The recordings in each format, which several tests use.

#![allow(dead_code)]

use std::path::PathBuf;

pub fn format(name: &str) -> Vec<u8> {
    audio(&format!("formats/{name}"))
}

/// A file of `test/audio`.
pub fn audio(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

/// The file names of all formats.
pub fn formats() -> Vec<String> {
    let entries = std::fs::read_dir(folder().join("formats")).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut names: Vec<String> =
        files.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/audio")
}
