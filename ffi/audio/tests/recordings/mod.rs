//! The recordings in each format that the tests share.

use std::path::PathBuf;

pub fn format(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/audio/formats");
    std::fs::read(folder.join(name)).unwrap()
}
