//! The bytes of a file as the container parsers see them: every read is counted against the limits.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

use crate::limits::Guard;

pub struct Source {
    media: Box<dyn MediaSource>,
    bytes: u64,
    guard: Arc<Guard>,
}

impl Source {
    pub fn new(media: Box<dyn MediaSource>, bytes: u64, guard: Arc<Guard>) -> Self {
        Source { media, bytes, guard }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.media.read(buffer)?;
        self.guard.count(read).map_err(io::Error::other)?;
        Ok(read)
    }
}

impl Seek for Source {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.guard.check().map_err(io::Error::other)?;
        self.media.seek(position)
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
