//! Reads lacing. With lacing, one block of Matroska contains several frames.

use std::io;

use super::ebml::read_number;
use crate::container::byte_reader::ByteReader;
use crate::container::stream::invalid;

/// Reads the sizes of the frames between the current position and `end`. The lacing bits in the
/// block's flags determine the format of the sizes.
pub fn read_sizes(reader: &mut ByteReader, flags: u8, end: u64) -> io::Result<Vec<u64>> {
    let lacing = flags >> 1 & 3;
    let whole = |reader: &ByteReader| end.saturating_sub(reader.position());
    if lacing == NONE {
        return Ok(vec![whole(reader)]);
    }
    let count = u64::from(reader.u8()?) + 1;
    if lacing == FIXED {
        let size = whole(reader) / count;
        return Ok((0..count).map(|_| size).collect());
    }
    let mut sizes: Vec<u64> = Vec::new();
    for index in 0..count - 1 {
        let size = match (lacing, index) {
            (XIPH, _) => read_xiph_size(reader)?,
            (_, 0) => read_number(reader)?.0,
            // The number is this size minus the previous size, plus half of the number range. The
            // addition prevents a negative number.
            _ => {
                let (number, bytes) = read_number(reader)?;
                let middle = (1i64 << (7 * bytes - 1)) - 1;
                let before = sizes.last().copied().unwrap_or_default();
                before.saturating_add_signed(number as i64 - middle)
            }
        };
        sizes.push(size);
    }
    let sum = sizes.iter().fold(0u64, |sum, size| sum.saturating_add(*size));
    match whole(reader).checked_sub(sum) {
        Some(last) => sizes.push(last),
        None => return Err(invalid("it contains a block that is shorter than its frames")),
    }
    Ok(sizes)
}

// --- internal ---

const NONE: u8 = 0;
const XIPH: u8 = 1;
const FIXED: u8 = 2;

fn read_xiph_size(reader: &mut ByteReader) -> io::Result<u64> {
    let mut size = 0;
    loop {
        let byte = reader.u8()?;
        size += u64::from(byte);
        if byte < 255 {
            return Ok(size);
        }
    }
}
