//! Reads a file in small pieces: numbers, and byte strings of limited length.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use crate::source::Source;
use crate::status::Error;

const BUFFER_BYTES: usize = 32 << 10;

#[derive(Debug)]
pub struct ByteReader {
    inner: BufReader<Source>,
    position: u64,
    len: u64,
}

impl ByteReader {
    pub fn new(source: Source) -> Self {
        let len = source.len();
        ByteReader { inner: BufReader::with_capacity(BUFFER_BYTES, source), position: 0, len }
    }

    pub fn into_source(self) -> Source {
        self.inner.into_inner()
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns the length of the file in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_at_end(&self) -> bool {
        self.position >= self.len
    }

    /// Seeks to `position`, or to the end of the file if `position` is after it.
    pub fn seek(&mut self, position: u64) -> io::Result<()> {
        let position = position.min(self.len);
        match i64::try_from(i128::from(position) - i128::from(self.position)) {
            Ok(offset) => self.inner.seek_relative(offset)?,
            Err(_) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        self.position = position;
        Ok(())
    }

    pub fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.seek(self.position.saturating_add(bytes))
    }

    /// Reads the next `N` bytes. If fewer bytes are left in the file, reads nothing and fails.
    pub fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        if N as u64 > self.len.saturating_sub(self.position) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    pub fn u8(&mut self) -> io::Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16_be(&mut self) -> io::Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32_be(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64_be(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn u32_le(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64_le(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Reads the next `count` bytes. Fails if fewer bytes are left in the file, or if `count`
    /// exceeds `max`.
    pub fn bytes(&mut self, count: u64, max: u64) -> io::Result<Box<[u8]>> {
        if count > self.len.saturating_sub(self.position) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if count > max {
            let what = format!("it contains a part of {count} bytes, at most {max} are accepted");
            return Err(io::Error::other(Error::limit(what)));
        }
        self.inner.get_ref().check_memory(count)?;
        let mut bytes = vec![0; count as usize].into_boxed_slice();
        self.inner.read_exact(&mut bytes)?;
        self.position += count;
        Ok(bytes)
    }

    /// Returns whether the next bytes are equal to `bytes`. Does not consume them.
    pub fn starts_with(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let left = self.len.saturating_sub(self.position);
        let position = self.position;
        let next = self.bytes(left.min(bytes.len() as u64), bytes.len() as u64)?;
        self.seek(position)?;
        Ok(*next == *bytes)
    }

    /// Searches the next `max` bytes for the first position at which `wanted` returns true, and
    /// seeks to this position. For each position, `wanted` receives the bytes from there on: at
    /// least `lookahead` bytes, or the rest of the file. Returns false if there is no such
    /// position. To continue the search, call this function again.
    pub fn find(
        &mut self,
        max: u64,
        lookahead: usize,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> io::Result<bool> {
        let end = self.position.saturating_add(max).min(self.len);
        while self.position < end {
            let mut buffer = self.inner.fill_buf()?;
            if buffer.len() < lookahead && buffer.len() as u64 != self.len - self.position {
                // The buffer contains fewer than `lookahead` bytes. The seek empties the buffer, so
                // `fill_buf` fills it again from this position.
                self.inner.seek(SeekFrom::Start(self.position))?;
                buffer = self.inner.fill_buf()?;
            }
            if buffer.is_empty() {
                // The file is shorter than before, because another program has truncated it.
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let shown_whole = match buffer.len() as u64 == self.len - self.position {
                true => buffer.len(),
                false => (buffer.len() + 1).saturating_sub(lookahead).max(1),
            };
            let count = shown_whole.min(usize::try_from(end - self.position).unwrap_or(usize::MAX));
            let found = (0..count).find(|at| buffer.get(*at..).is_some_and(&wanted));
            let passed = found.unwrap_or(count);
            self.inner.consume(passed);
            self.position += passed as u64;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A second read position in the file, for example in a table of sample sizes. The table is read
/// block by block while the samples are read, so the memory does not grow with the table.
#[derive(Clone, Debug)]
pub struct Window {
    position: u64,
    end: u64,
    block: Vec<u8>,
    at: usize,
}

const WINDOW_BYTES: u64 = 16 << 10;

impl Window {
    pub fn new(position: u64, end: u64) -> Self {
        Window { position, end, block: Vec::new(), at: 0 }
    }

    /// Reads the next `N` bytes; returns `None` at the end of the range. May change the position of
    /// `reader`.
    pub fn array<const N: usize>(
        &mut self,
        reader: &mut ByteReader,
    ) -> io::Result<Option<[u8; N]>> {
        let end = self.end.min(reader.len());
        if self.block.len() - self.at < N && self.position < end {
            self.block.drain(..self.at);
            self.at = 0;
            reader.seek(self.position)?;
            let more = reader.bytes(WINDOW_BYTES.min(end - self.position), WINDOW_BYTES)?;
            self.position += more.len() as u64;
            self.block.extend_from_slice(&more);
        }
        let bytes = self.block.get(self.at..).and_then(|bytes| bytes.first_chunk::<N>()).copied();
        self.at += if bytes.is_some() { N } else { 0 };
        Ok(bytes)
    }

    pub fn u8(&mut self, reader: &mut ByteReader) -> io::Result<Option<u8>> {
        Ok(self.array::<1>(reader)?.map(|[byte]| byte))
    }

    pub fn u32_be(&mut self, reader: &mut ByteReader) -> io::Result<Option<u32>> {
        Ok(self.array(reader)?.map(u32::from_be_bytes))
    }
}
