//! Finds and changes the pages of ogg files.

use std::ops::Range;

use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor;

/// Returns the byte ranges of the pages of a file.
pub fn pages(file: &[u8]) -> Vec<Range<usize>> {
    let (mut pages, mut start) = (Vec::new(), 0);
    while start < file.len() {
        let segments = usize::from(file[start + 26]);
        let sizes = &file[start + 27..][..segments];
        let end =
            start + 27 + segments + sizes.iter().map(|size| usize::from(*size)).sum::<usize>();
        pages.push(start..end);
        start = end;
    }
    pages
}

/// Writes the correct checksum into a page that was changed.
#[allow(dead_code)]
pub fn seal(page: &mut [u8]) {
    page[22..26].fill(0);
    let mut sum = Crc32::new(0);
    sum.process_buf_bytes(page);
    page[22..26].copy_from_slice(&sum.crc().to_le_bytes());
}
