//! The file as the container parsers see it: every read is counted against the limits.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

use crate::limits::Guard;

#[derive(Debug)]
pub struct Source {
    file: File,
    bytes: u64,
    guard: Arc<Guard>,
}

impl Source {
    pub fn new(file: File, bytes: u64, guard: Arc<Guard>) -> Self {
        Source { file, bytes, guard }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.guard.count(read).map_err(io::Error::other)?;
        Ok(read)
    }
}

impl Seek for Source {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.guard.check().map_err(io::Error::other)?;
        self.file.seek(position)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.bytes)
    }
}
