//! Reads edit lists, which define the audible parts of a track.

use std::io;

use crate::container::byte_reader::ByteReader;
use crate::container::mp4::boxes::version_and_flags;
use crate::status::Error;
use crate::trim::Trim;

const EDITS_MAX: usize = 1 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Duration of the edit in units of the movie's timescale. The value 0, which occurs in
    /// fragmented files, means that the edit lasts up to the end of the track.
    duration: u64,
    /// Start of the edit in units of the track's timescale. A negative value means an empty edit.
    media_time: i64,
}

/// Reads the content of an edit list box.
pub fn read(reader: &mut ByteReader) -> io::Result<Vec<Edit>> {
    let (version, _) = version_and_flags(reader)?;
    // A damaged file may declare a very large count. `trim` rejects more than `EDITS_MAX` edits, so
    // reading one more edit than `EDITS_MAX` is sufficient.
    let count = reader.u32_be()?.min(EDITS_MAX as u32 + 1);
    let edit = |_| {
        let (duration, media_time) = if version == 1 {
            (reader.u64_be()?, reader.u64_be()? as i64)
        } else {
            (reader.u32_be()?.into(), (reader.u32_be()? as i32).into())
        };
        let _rate = reader.u32_be()?;
        Ok(Edit { duration, media_time })
    };
    (0..count).map(edit).collect()
}

/// Returns the duration of the empty edits at the start of a list, in units of the movie's timescale.
pub fn start(edits: &[Edit]) -> u64 {
    let empty = edits.iter().take_while(|edit| edit.media_time < 0);
    empty.fold(0, |total, edit| total.saturating_add(edit.duration))
}

/// Returns the start of the first edit in units of the track's timescale.
pub fn media_start(edits: &[Edit]) -> u64 {
    edits.iter().find_map(|edit| u64::try_from(edit.media_time).ok()).unwrap_or_default()
}

/// The timescales of the times in edits. A timescale is a number of time units per second.
#[derive(Clone, Copy, Debug)]
pub struct Timescales {
    pub movie: u32,
    pub track: u32,
}

/// Returns the audible frames of a track. `frames` is the number of decoded frames of the track, or
/// 0 if it is unknown. `rate` is the sample rate in Hz.
pub fn trim(edits: &[Edit], timescales: Timescales, rate: u32, frames: u64) -> io::Result<Trim> {
    if edits.len() > EDITS_MAX {
        let reason = format!("its audio track has more than {EDITS_MAX} edits");
        return Err(io::Error::other(Error::limit(reason)));
    }
    let to_frames = |time: u64, timescale: u32| to_frames(time, timescale, rate);
    let total = if frames == 0 { u64::MAX } else { frames };
    let tick = to_frames(1, timescales.movie) + 1;
    let mut keep: Vec<std::ops::Range<u64>> = Vec::new();
    for edit in edits {
        let Ok(media_time) = u64::try_from(edit.media_time) else {
            continue;
        };
        let start = to_frames(media_time, timescales.track);
        let end = match edit.duration {
            0 => total,
            duration => start.saturating_add(to_frames(duration, timescales.movie)),
        };
        // The length of an edit is rounded to the movie's timescale, often to a millisecond.
        // Therefore a difference of one unit at the end of the track is ignored.
        let end = if end.saturating_add(tick) >= total { total } else { end };
        if keep.last().is_some_and(|last| start < last.end) {
            // The edits repeat or reorder media. This is not supported, so all media from the first
            // edit on is decoded.
            let first = keep.first().map_or(0, |range| range.start);
            return Ok(Trim::range(first, total));
        }
        keep.push(start..end);
    }
    Ok(if keep.is_empty() { Trim::range(0, total) } else { Trim::ranges(keep) })
}

/// Converts a time in units of `timescale` to frames at `rate`.
pub fn to_frames(time: u64, timescale: u32, rate: u32) -> u64 {
    let frames = u128::from(time) * u128::from(rate) / u128::from(timescale.max(1));
    u64::try_from(frames).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trim(edits: &[(u64, i64)], frames: u64) -> Trim {
        let edit = |(duration, media_time): &(u64, i64)| Edit {
            duration: *duration,
            media_time: *media_time,
        };
        let edits: Vec<Edit> = edits.iter().map(edit).collect();
        super::trim(&edits, Timescales { movie: 1_000, track: 48_000 }, 48_000, frames).unwrap()
    }

    #[test]
    fn rejects_too_many_edits() {
        let edits = vec![Edit { duration: 0, media_time: 0 }; EDITS_MAX + 1];
        let timescales = Timescales { movie: 1_000, track: 48_000 };
        assert!(super::trim(&edits[1..], timescales, 48_000, 0).is_ok());
        let error = super::trim(&edits, timescales, 48_000, 0).unwrap_err();
        assert!(error.to_string().contains("more than 1024 edits"), "{error}");
    }

    #[test]
    fn keeps_the_parts_in_the_edit_list() {
        assert_eq!(trim(&[], 0), Trim::none());
        assert_eq!(trim(&[(0, 1_024)], 0), Trim::start(1_024));
        // The first list starts after the priming and keeps one second. The length in the second
        // list is rounded up beyond the end of the track.
        assert_eq!(trim(&[(1_000, 1_024)], 96_000), Trim::range(1_024, 49_024));
        assert_eq!(trim(&[(1_000, 1_024)], 49_000), Trim::range(1_024, 49_000));
        // An empty edit removes nothing. Two edits remove the frames between them. If edits repeat
        // media, all media from the first edit on is kept.
        assert_eq!(trim(&[(500, -1), (0, 1_024)], 0), Trim::start(1_024));
        assert_eq!(trim(&[(1, 0), (1, 96)], 0), Trim::ranges(vec![0..48, 96..144]));
        assert_eq!(trim(&[(1, 10), (1, 10)], 0), Trim::start(10));
    }

    #[test]
    fn only_empty_edits_at_the_start_delay_the_track() {
        let edit = |duration, media_time| Edit { duration, media_time };
        assert_eq!(start(&[edit(500, -1), edit(200, -1), edit(9, 0), edit(100, -1)]), 700);
        assert_eq!(start(&[edit(9, 0), edit(100, -1)]), 0);
        assert_eq!(start(&[edit(u64::MAX, -1), edit(1, -1)]), u64::MAX);
    }
}
