//! Reads the boxes of ISO base media files and QuickTime files.

use std::io;

use crate::container::byte_reader::ByteReader;

#[derive(Clone, Copy, Debug)]
pub struct BoxHeader {
    pub kind: [u8; 4],
    /// Position at which the box starts. Its content starts at `content` and ends at `end`.
    pub start: u64,
    pub content: u64,
    pub end: u64,
    /// Whether the box exceeds its parent.
    pub is_cut: bool,
}

impl BoxHeader {
    /// Reads the header of the next box. Returns `None` if fewer than eight bytes are left before
    /// `end`.
    pub fn read(reader: &mut ByteReader, end: u64) -> io::Result<Option<BoxHeader>> {
        let start = reader.position();
        if start.saturating_add(8) > end.min(reader.len()) {
            return Ok(None);
        }
        let size = reader.u32_be()?;
        let kind = reader.array()?;
        let size = match size {
            0 => end - start,
            1 => reader.u64_be()?,
            size => size.into(),
        };
        let content = reader.position();
        if size < content - start {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let is_cut = size > end - start;
        let end = start.saturating_add(size).min(end).max(content);
        Ok(Some(BoxHeader { kind, start, content, end, is_cut }))
    }

    /// Returns the length of the content in bytes; 0 if the parent ends within the header.
    pub fn len(&self) -> u64 {
        self.end.saturating_sub(self.content)
    }

    /// Calls `visit` with each child box. `visit` may leave any part of the child unread.
    pub fn children(
        &self,
        reader: &mut ByteReader,
        mut visit: impl FnMut(&mut ByteReader, BoxHeader) -> io::Result<()>,
    ) -> io::Result<()> {
        /// Maximum number of children of a box. If there are more, the file is damaged.
        const CHILDREN_MAX: usize = 1 << 12;
        for _ in 0..CHILDREN_MAX {
            let Some(child) = BoxHeader::read(reader, self.end)? else {
                return Ok(());
            };
            visit(reader, child)?;
            reader.seek(child.end)?;
        }
        Err(io::ErrorKind::InvalidData.into())
    }
}

/// Reads the version and the flags at the start of some boxes.
pub fn version_and_flags(reader: &mut ByteReader) -> io::Result<(u8, u32)> {
    let field = reader.u32_be()?;
    Ok(((field >> 24) as u8, field & 0x00ff_ffff))
}
