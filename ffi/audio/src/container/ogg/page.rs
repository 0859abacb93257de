//! Reads the pages of an Ogg file (RFC 3533, section 6).

use std::io;

use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor;

use crate::container::byte_reader::ByteReader;

const MARKER: [u8; 4] = *b"OggS";
const HEADER_BYTES: usize = 27;
pub const PAGE_BYTES_MAX: u64 = 27 + 255 + 255 * 255;

#[derive(Debug, Default)]
pub struct Page {
    pub serial: u32,
    pub is_continued: bool,
    pub is_first: bool,
    pub is_last: bool,
    /// End position of the last packet that ends on this page; `None` if no packet ends on this
    /// page, or if the page is damaged.
    pub granule: Option<u64>,
    segments: Box<[u8]>,
    body: Box<[u8]>,
}

/// A packet, or the part of a packet that is on one page.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'p> {
    pub bytes: &'p [u8],
    pub ends: bool,
}

impl Page {
    /// Reads the next page. Returns `None` at the end of the file.
    pub fn read(reader: &mut ByteReader) -> io::Result<Option<Page>> {
        Page::read_within(reader, u64::MAX)
    }

    /// Searches the next `max` bytes for a page and reads it. Returns `None` if there is no page.
    ///
    /// A page with a wrong checksum is accepted if another page or the end of the file follows it.
    /// Its sizes are then correct, and only its content is damaged. The caller uses only the packet
    /// sizes of such a page.
    pub fn read_within(reader: &mut ByteReader, max: u64) -> io::Result<Option<Page>> {
        let end = reader.position().saturating_add(max);
        while reader.find(end.saturating_sub(reader.position()), MARKER.len(), is_marker)? {
            let start = reader.position();
            match Page::read_here(reader) {
                Ok(Some(page)) => return Ok(Some(page)),
                Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
                _ => reader.seek(start + MARKER.len() as u64)?,
            }
        }
        Ok(None)
    }

    fn read_here(reader: &mut ByteReader) -> io::Result<Option<Page>> {
        let mut header: [u8; HEADER_BYTES] = reader.array()?;
        let [_, _, _, _, _version, flags, rest @ ..] = header;
        let [g0, g1, g2, g3, g4, g5, g6, g7, s0, s1, s2, s3, _, _, _, _, c0, c1, c2, c3, segments] =
            rest;
        let segments = reader.bytes(segments.into(), 255)?;
        let bytes = segments.iter().map(|segment| u64::from(*segment)).sum();
        let body = reader.bytes(bytes, PAGE_BYTES_MAX)?;
        // The checksum is computed as if the field for the checksum contained zeros.
        header.iter_mut().skip(22).take(4).for_each(|byte| *byte = 0);
        let mut sum = Crc32::new(0);
        sum.process_buf_bytes(&header);
        sum.process_buf_bytes(&segments);
        sum.process_buf_bytes(&body);
        let serial = u32::from_le_bytes([s0, s1, s2, s3]);
        let is_continued = flags & 1 != 0;
        let whole = Page { serial, is_continued, segments, body, ..Page::default() };
        if sum.crc() != u32::from_le_bytes([c0, c1, c2, c3]) {
            let is_followed = reader.is_at_end() || reader.starts_with(&MARKER)?;
            return Ok(is_followed.then_some(whole));
        }
        let granule = u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, g7]);
        Ok(Some(Page {
            is_first: flags & 2 != 0,
            is_last: flags & 4 != 0,
            granule: (granule != u64::MAX).then_some(granule),
            ..whole
        }))
    }

    pub fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        let mut rest = &*self.body;
        let mut segments = &*self.segments;
        while !segments.is_empty() {
            let full = segments.iter().take_while(|segment| **segment == 255).count();
            let last = segments.get(full).copied();
            let bytes = full * 255 + usize::from(last.unwrap_or_default());
            let (part, after) = rest.split_at_checked(bytes).unwrap_or((rest, &[]));
            parts.push(Part { bytes: part, ends: last.is_some() });
            rest = after;
            segments = segments.get(full + 1..).unwrap_or_default();
        }
        parts
    }

    /// Returns the content of the page as a packet. The first page of a stream contains only one
    /// packet.
    pub fn first_packet(&self) -> &[u8] {
        &self.body
    }
}

fn is_marker(bytes: &[u8]) -> bool {
    bytes.starts_with(&MARKER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_a_page_into_packets() {
        let body: Box<[u8]> = (0..=255).chain(0..10).collect();
        let page = Page { segments: Box::from([255, 2, 0, 9]), body, ..Page::default() };
        let lengths: Vec<(usize, bool)> =
            page.parts().iter().map(|part| (part.bytes.len(), part.ends)).collect();
        assert_eq!(lengths, [(257, true), (0, true), (9, true)]);
        let page = Page { segments: Box::from([1, 255]), body: [0; 256].into(), ..Page::default() };
        assert_eq!(page.parts()[1], Part { bytes: &[0; 255], ends: false });
    }
}
