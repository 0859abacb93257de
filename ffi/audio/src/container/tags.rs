//! Removes data before and after the audio of a file: ID3v2 tags and zeros before it, ID3v1 and APE
//! tags after it.

use std::io::{self, Read, Seek, SeekFrom};

use crate::source::Source;

const TAGS_MAX: usize = 16;
/// Minimum number of leading zeros that are removed. It is above seven, because an mp4 file may
/// start with up to seven zeros.
const ZEROS_MIN: usize = 16;
const BLOCK_BYTES: u64 = 64 << 10;
const ID3V1_BYTES: u64 = 128;
const APE_FOOTER_BYTES: u64 = 32;

/// Removes the data before the audio.
pub fn without_lead(mut source: Source) -> io::Result<Source> {
    let mut start = 0;
    for _ in 0..TAGS_MAX {
        let head = read(&mut source, start, ZEROS_MIN as u64)?;
        let next = match head.get(..10) {
            Some(&[b'I', b'D', b'3', _, _, flags, a, b, c, d]) => {
                start + id3v2_bytes(flags, [a, b, c, d])
            }
            _ if head == [0; ZEROS_MIN] => end_of_zeros(&mut source, start)?,
            _ => break,
        };
        if next == start {
            break;
        }
        start = next;
    }
    source.with_start(Vec::new(), start)
}

/// Removes the tags after the audio.
pub fn without_trail(mut source: Source) -> io::Result<Source> {
    let mut end = source.len();
    for _ in 0..TAGS_MAX {
        let bytes = match trail_bytes(&mut source, end)? {
            0 => break,
            bytes => bytes,
        };
        let Some(before) = end.checked_sub(bytes) else {
            break;
        };
        end = before;
    }
    source.rewind()?;
    Ok(source.with_end(end))
}

// --- internal ---

fn id3v2_bytes(flags: u8, size: [u8; 4]) -> u64 {
    let size = size.iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    let footer = if flags & 0x10 != 0 { 10 } else { 0 };
    10 + size + footer
}

/// Returns the position of the first byte from `start` on that is not zero. Returns `start` if the
/// rest of the file is zeros.
fn end_of_zeros(source: &mut Source, start: u64) -> io::Result<u64> {
    let mut position = start;
    loop {
        let block = read(source, position, BLOCK_BYTES)?;
        if block.is_empty() {
            return Ok(start);
        }
        match block.iter().position(|byte| *byte != 0) {
            Some(zeros) => return Ok(position + zeros as u64),
            None => position += block.len() as u64,
        }
    }
}

/// Returns the length in bytes of the tag that ends at `end`; 0 if there is no tag.
fn trail_bytes(source: &mut Source, end: u64) -> io::Result<u64> {
    let footer = read(source, end.saturating_sub(APE_FOOTER_BYTES), APE_FOOTER_BYTES)?;
    if let Some([a, b, c, d, _, _, _, _, _, _, _, flags, ..]) = footer
        .strip_prefix(b"APETAGEX")
        .and_then(|footer| footer.split_first_chunk::<4>())
        .map(|(_version, rest)| rest)
    {
        let header = if flags & 0x80 != 0 { APE_FOOTER_BYTES } else { 0 };
        return Ok(u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + header);
    }
    let marker = read(source, end.saturating_sub(ID3V1_BYTES), 3)?;
    Ok(if marker == b"TAG" && end >= ID3V1_BYTES { ID3V1_BYTES } else { 0 })
}

fn read(source: &mut Source, position: u64, bytes: u64) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(position))?;
    let mut found = Vec::new();
    source.take(bytes).read_to_end(&mut found)?;
    Ok(found)
}
