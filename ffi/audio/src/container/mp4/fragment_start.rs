//! Finds the times at which the first fragments of tracks start.

use std::io;

use super::boxes::{BoxHeader, version_and_flags};
use crate::container::byte_reader::ByteReader;

/// Maximum number of boxes that are searched after the movie box.
const BOXES_MAX: usize = 64;

/// Returns the start time of the first fragment of each track, in units of the track's timescale;
/// `None` if there is no fragment among the boxes from `position` on.
pub fn find<const N: usize>(
    reader: &mut ByteReader,
    position: u64,
    tracks: [u32; N],
) -> io::Result<[Option<u64>; N]> {
    let mut starts = [None; N];
    reader.seek(position)?;
    for _ in 0..BOXES_MAX {
        if starts.iter().all(Option::is_some) {
            break;
        }
        let Some(found) = BoxHeader::read(reader, reader.len())? else {
            break;
        };
        if &found.kind == b"moof" {
            found.children(reader, |reader, child| {
                if &child.kind == b"traf"
                    && let (id, Some(start)) = read_track(reader, child)?
                {
                    let pairs = starts.iter_mut().zip(tracks);
                    let ours = pairs.filter(|(_, track)| *track == id).map(|(start, _)| start);
                    ours.for_each(|known| *known = known.or(Some(start)));
                }
                Ok(())
            })?;
        }
        reader.seek(found.end)?;
    }
    Ok(starts)
}

// --- internal ---

/// Returns the id of the track, and the time at which its first sample is presented; `None` if the
/// fragment does not declare its time.
fn read_track(reader: &mut ByteReader, track: BoxHeader) -> io::Result<(u32, Option<u64>)> {
    let (mut id, mut time, mut offset) = (0, None, None);
    track.children(reader, |reader, child| {
        match &child.kind {
            b"tfhd" => {
                version_and_flags(reader)?;
                id = reader.u32_be()?;
            }
            b"tfdt" => {
                time = Some(match version_and_flags(reader)? {
                    (1, _) => reader.u64_be()?,
                    _ => reader.u32_be()?.into(),
                });
            }
            b"trun" if offset.is_none() => offset = Some(read_offset(reader)?),
            _ => {}
        }
        Ok(())
    })?;
    let start = |time: u64| time.saturating_add_signed(offset.unwrap_or_default());
    Ok((id, time.map(start)))
}

/// Reads the time from the decoding of the first sample of a run to its presentation.
fn read_offset(reader: &mut ByteReader) -> io::Result<i64> {
    let (version, flags) = version_and_flags(reader)?;
    let samples = reader.u32_be()?;
    if samples == 0 || flags & 0x800 == 0 {
        return Ok(0);
    }
    // Skips the data offset, the flags of the first sample, and the duration, size and flags of the
    // sample.
    let skipped = [0x1, 0x4, 0x100, 0x200, 0x400].iter().filter(|flag| flags & **flag != 0);
    reader.skip(4 * skipped.count() as u64)?;
    let offset = reader.u32_be()?;
    Ok(if version == 0 { offset.into() } else { (offset as i32).into() })
}
