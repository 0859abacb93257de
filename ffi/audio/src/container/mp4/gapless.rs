//! Reads iTunes' metadata, which declares the encoder delay and the length of a track. The metadata
//! is used for files without an edit list.

use std::io;

use super::boxes::BoxHeader;
use crate::container::byte_reader::ByteReader;

const NOTE_BYTES_MAX: u64 = 1 << 10;

/// The values of the metadata, in frames of the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gapless {
    pub delay: u64,
    pub frames: u64,
}

/// Searches a user data box for iTunes' metadata.
pub fn read(reader: &mut ByteReader, user_data: BoxHeader) -> io::Result<Option<Gapless>> {
    let mut found = None;
    user_data.children(reader, |reader, child| {
        if &child.kind != b"meta" {
            return Ok(());
        }
        // Skips version and flags.
        let inner = BoxHeader { content: child.content + 4, ..child };
        reader.seek(inner.content)?;
        inner.children(reader, |reader, child| {
            if &child.kind != b"ilst" {
                return Ok(());
            }
            child.children(reader, |reader, item| {
                if &item.kind == b"----" && found.is_none() {
                    found = read_item(reader, item)?;
                }
                Ok(())
            })
        })
    })?;
    Ok(found)
}

// --- internal ---

fn read_item(reader: &mut ByteReader, item: BoxHeader) -> io::Result<Option<Gapless>> {
    let mut named = false;
    let mut note = None;
    item.children(reader, |reader, child| {
        let content = reader.bytes(child.len().min(NOTE_BYTES_MAX), NOTE_BYTES_MAX)?;
        match &child.kind {
            b"name" => named = content.get(4..) == Some(b"iTunSMPB"),
            b"data" if named => note = content.get(8..).and_then(parse),
            _ => {}
        }
        Ok(())
    })?;
    Ok(note)
}

/// Parses the hexadecimal numbers of the metadata: zero, delay, padding, number of frames, and
/// other numbers.
fn parse(text: &[u8]) -> Option<Gapless> {
    let text = std::str::from_utf8(text).ok()?;
    let mut numbers = text.split_ascii_whitespace().map(|text| u64::from_str_radix(text, 16));
    let _zero = numbers.next()?.ok()?;
    let delay = numbers.next()?.ok()?;
    let _padding = numbers.next()?.ok()?;
    let frames = numbers.next()?.ok()?;
    (frames > 0 && delay < 1 << 16).then_some(Gapless { delay, frames })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_delay_and_length() {
        let text = b" 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        assert_eq!(parse(text), Some(Gapless { delay: 2_112, frames: 4_141_558 }));
        assert_eq!(parse(b" 00000000 00000840 000001CA 0000000000000000"), None);
        assert_eq!(parse(b" 00000000 FFFFFFFF 00000000 0000000000000001"), None);
        assert_eq!(parse(b"no numbers at all"), None);
    }
}
