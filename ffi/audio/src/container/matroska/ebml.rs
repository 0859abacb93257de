//! Reads EBML, the binary format of Matroska. A file consists of elements with an id and a size.

use std::io;

use crate::container::byte_reader::ByteReader;
use crate::container::stream::invalid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    pub id: u32,
    /// Position at which the content starts. It ends at `end`. If the size is unknown, the content
    /// ends at the end of the parent.
    pub content: u64,
    pub end: u64,
    /// Whether the size is unknown or the element exceeds its parent.
    pub is_cut: bool,
}

impl Element {
    /// Reads the header of the next element. Returns `None` if fewer than two bytes are left before
    /// `end`.
    pub fn read(reader: &mut ByteReader, end: u64) -> io::Result<Option<Element>> {
        let end = end.min(reader.len());
        if reader.position().saturating_add(2) > end {
            return Ok(None);
        }
        let first = reader.u8()?;
        let id = match first.leading_zeros() {
            more @ 0..=3 => read_more(reader, first.into(), more)? as u32,
            _ => return Err(invalid("it contains an element with an invalid id")),
        };
        let size = read_size(reader)?;
        let content = reader.position();
        let claimed = size.map_or(end, |size| content.saturating_add(size));
        let is_cut = size.is_none() || claimed > end;
        Ok(Some(Element { id, content, end: claimed.min(end).max(content), is_cut }))
    }

    /// Calls `visit` with each child element. `visit` may leave any part of the child unread.
    pub fn children(
        &self,
        reader: &mut ByteReader,
        mut visit: impl FnMut(&mut ByteReader, Element) -> io::Result<()>,
    ) -> io::Result<()> {
        /// Maximum number of children of an element. If there are more, the file is damaged.
        const CHILDREN_MAX: usize = 1 << 12;
        reader.seek(self.content)?;
        for _ in 0..CHILDREN_MAX {
            let Some(child) = Element::read(reader, self.end)? else {
                return Ok(());
            };
            visit(reader, child)?;
            reader.seek(child.end)?;
        }
        Err(invalid("it contains an element with too many children"))
    }

    /// Returns the length of the content in bytes; 0 if the parent ends within the header.
    pub fn len(&self) -> u64 {
        self.end.saturating_sub(self.content)
    }

    pub fn unsigned(&self, reader: &mut ByteReader) -> io::Result<u64> {
        let bytes = reader.bytes(self.len(), 8)?;
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub fn signed(&self, reader: &mut ByteReader) -> io::Result<i64> {
        let unused = 64 - 8 * self.len().min(8) as u32;
        let value = self.unsigned(reader)?;
        Ok(value.checked_shl(unused).unwrap_or_default() as i64 >> unused.min(63))
    }

    pub fn float(&self, reader: &mut ByteReader) -> io::Result<f64> {
        Ok(match self.len() {
            4 => f32::from_bits(reader.u32_be()?).into(),
            8 => f64::from_bits(reader.u64_be()?),
            _ => 0.0,
        })
    }

    /// Reads the rest of the content, from the current position to the end of the element.
    pub fn bytes(&self, reader: &mut ByteReader, max: u64) -> io::Result<Box<[u8]>> {
        reader.bytes(self.end.saturating_sub(reader.position()), max)
    }
}

/// Reads a number whose first byte determines its length. Returns the number and its length in
/// bytes.
pub fn read_number(reader: &mut ByteReader) -> io::Result<(u64, u32)> {
    let first = reader.u8()?;
    let more = first.leading_zeros();
    if more == 8 {
        return Err(invalid("it contains a number with an invalid length"));
    }
    let bits = u64::from(first) & (0x7f >> more);
    Ok((read_more(reader, bits, more)?, more + 1))
}

// --- internal ---

/// Reads a size. If all bits are set, the size is unknown.
fn read_size(reader: &mut ByteReader) -> io::Result<Option<u64>> {
    let (size, bytes) = read_number(reader)?;
    Ok((size != (1 << (7 * bytes)) - 1).then_some(size))
}

fn read_more(reader: &mut ByteReader, first: u64, count: u32) -> io::Result<u64> {
    (0..count).try_fold(first, |value, _| Ok(value << 8 | u64::from(reader.u8()?)))
}
