//! Provides the bytes of a file to the container readers. Every read counts towards the limits. A
//! source can replace the start of the file with other bytes and can omit the end of the file.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

use crate::limits::Guard;

pub struct Source {
    media: Box<dyn MediaSource>,
    guard: Arc<Guard>,
    /// Bytes that replace the first `file_from` bytes of the file.
    prefix: Vec<u8>,
    file_from: u64,
    /// Length of the source in bytes, including `prefix`. `position` is the current position.
    len: u64,
    position: u64,
}

impl Source {
    pub fn new(media: Box<dyn MediaSource>, bytes: u64, guard: Arc<Guard>) -> Self {
        Source { media, guard, prefix: Vec::new(), file_from: 0, len: bytes, position: 0 }
    }

    /// Returns this source with `prefix` in place of the first `skipped` bytes.
    pub fn with_start(mut self, prefix: Vec<u8>, skipped: u64) -> io::Result<Self> {
        let skipped = skipped.min(self.len);
        self.len = self.len - skipped + prefix.len() as u64;
        self.file_from += skipped.saturating_sub(self.prefix.len() as u64);
        self.prefix = prefix;
        self.rewind()?;
        Ok(self)
    }

    /// Returns this source, shortened to its first `len` bytes.
    pub fn with_end(mut self, len: u64) -> Self {
        self.len = self.len.min(len);
        self
    }

    pub fn len(&self) -> u64 {
        self.len
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Source {
    /// Checks the memory limit before `bytes` bytes are allocated.
    pub fn check_memory(&self, bytes: u64) -> io::Result<()> {
        self.guard.check_memory(bytes).map_err(io::Error::other)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        let buffer = buffer.get_mut(..count).unwrap_or_default();
        let start = usize::try_from(self.position).unwrap_or(usize::MAX);
        let read = match self.prefix.get(start..) {
            Some(mut rest) if !rest.is_empty() => rest.read(buffer)?,
            _ => {
                let read = self.media.read(buffer)?;
                self.guard.count(read).map_err(io::Error::other)?;
                read
            }
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Source {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.guard.check().map_err(io::Error::other)?;
        let target = match position {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.len.checked_add_signed(offset),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        let in_file = target.saturating_sub(self.prefix.len() as u64);
        let in_file = self.file_from.checked_add(in_file).ok_or(io::ErrorKind::InvalidInput)?;
        self.media.seek(SeekFrom::Start(in_file))?;
        self.position = target;
        Ok(target)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}
