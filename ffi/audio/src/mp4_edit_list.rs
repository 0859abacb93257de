//! Edit lists of ISO base media files, which say what of a track is heard; the container library
//! ignores them. Also which track is enabled and what its codec is called.

use std::io::{self, Read, Seek, SeekFrom};

use crate::trim::Trim;

/// Boxes visited before a file counts as damaged.
const BOXES_MAX: usize = 1 << 16;
const EDITS_MAX: usize = 1 << 10;
const TRACKS_MAX: usize = 1 << 8;

#[derive(Debug, Default)]
pub struct Movie {
    timescale: u32,
    pub tracks: Vec<Mp4Track>,
}

#[derive(Debug, Default)]
pub struct Mp4Track {
    pub id: u32,
    pub enabled: bool,
    pub audio: bool,
    pub format: [u8; 4],
    timescale: u32,
    edits: Vec<Edit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edit {
    /// In units of the movie's timescale; 0 in fragmented files: to the end.
    duration: u64,
    /// In units of the track's timescale; negative: nothing is presented.
    media_time: i64,
}

impl Movie {
    /// Reads the movie box, wherever it lies; an empty movie when there is none.
    pub fn read(source: &mut (impl Read + Seek)) -> io::Result<Movie> {
        let end = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        let mut movie = Movie::default();
        let mut boxes = Boxes { source, left: BOXES_MAX };
        while let Some(found) = boxes.next(end)? {
            if &found.kind == b"moov" {
                movie.read_children(&mut boxes, found.end)?;
                break;
            }
            boxes.skip_to(found.end)?;
        }
        Ok(movie)
    }

    /// What is heard of a track that decodes to `frames` frames (0: unknown) at `rate`.
    pub fn trim(&self, track: &Mp4Track, rate: u32, frames: u64) -> Trim {
        let to_frames = |time: u64, timescale: u32| {
            let scaled = u128::from(time) * u128::from(rate) / u128::from(timescale.max(1));
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        let total = if frames == 0 { u64::MAX } else { frames };
        let tick = to_frames(1, self.timescale) + 1;
        let mut keep: Vec<std::ops::Range<u64>> = Vec::new();
        for edit in &track.edits {
            let Ok(media_time) = u64::try_from(edit.media_time) else {
                continue;
            };
            let start = to_frames(media_time, track.timescale);
            let end = match edit.duration {
                0 => total,
                duration => start.saturating_add(to_frames(duration, self.timescale)),
            };
            // The edit's length is rounded to the movie's timescale, often a millisecond.
            let end = if end.saturating_add(tick) >= total { total } else { end };
            if keep.last().is_some_and(|last| start < last.end) {
                // Repeated or reordered media is not played back; from the first edit on, all is.
                let first = keep.first().map_or(0, |range| range.start);
                return Trim::range(first, total);
            }
            keep.push(start..end);
        }
        if keep.is_empty() { Trim::range(0, total) } else { Trim::ranges(keep) }
    }

    fn read_children<S: Read + Seek>(
        &mut self,
        boxes: &mut Boxes<'_, S>,
        end: u64,
    ) -> io::Result<()> {
        while let Some(found) = boxes.next(end)? {
            match &found.kind {
                b"mvhd" => self.timescale = boxes.timescale()?,
                b"trak" if self.tracks.len() < TRACKS_MAX => {
                    let mut track = Mp4Track::default();
                    track.read_children(boxes, found.end)?;
                    self.tracks.push(track);
                }
                _ => {}
            }
            boxes.skip_to(found.end)?;
        }
        Ok(())
    }
}

impl Mp4Track {
    fn read_children<S: Read + Seek>(
        &mut self,
        boxes: &mut Boxes<'_, S>,
        end: u64,
    ) -> io::Result<()> {
        while let Some(found) = boxes.next(end)? {
            match &found.kind {
                b"edts" | b"mdia" | b"minf" | b"stbl" => self.read_children(boxes, found.end)?,
                b"tkhd" => self.read_header(boxes)?,
                b"mdhd" => self.timescale = boxes.timescale()?,
                b"hdlr" => {
                    // Version and flags, the component's type, its subtype. QuickTime files have a
                    // second handler for the data, which does not say what the track is.
                    let [_, _, kind] = boxes.read_words::<3>()?;
                    self.audio |= kind.to_be_bytes() == *b"soun";
                }
                b"stsd" => {
                    let [_, _, _, format] = boxes.read_words::<4>()?;
                    self.format = format.to_be_bytes();
                }
                b"elst" => self.read_edits(boxes)?,
                _ => {}
            }
            boxes.skip_to(found.end)?;
        }
        Ok(())
    }

    fn read_header<S: Read + Seek>(&mut self, boxes: &mut Boxes<'_, S>) -> io::Result<()> {
        let [version_and_flags] = boxes.read_words::<1>()?;
        self.enabled = version_and_flags & 1 != 0;
        // Creation and modification times before the id, 64 bits wide in version 1.
        self.id = match version_and_flags >> 24 {
            1 => boxes.read_words::<5>()?[4],
            _ => boxes.read_words::<3>()?[2],
        };
        Ok(())
    }

    fn read_edits<S: Read + Seek>(&mut self, boxes: &mut Boxes<'_, S>) -> io::Result<()> {
        let [version_and_flags, count] = boxes.read_words::<2>()?;
        for _ in 0..(count as usize).min(EDITS_MAX) {
            let (duration, media_time) = if version_and_flags >> 24 == 1 {
                let [a, b, c, d] = boxes.read_words::<4>()?;
                (join(a, b), join(c, d) as i64)
            } else {
                let [duration, media_time] = boxes.read_words::<2>()?;
                (duration.into(), (media_time as i32).into())
            };
            let [_rate] = boxes.read_words::<1>()?;
            self.edits.push(Edit { duration, media_time });
        }
        Ok(())
    }
}

struct BoxHeader {
    kind: [u8; 4],
    end: u64,
}

/// A reader of boxes, bounded in how many it visits.
struct Boxes<'s, S> {
    source: &'s mut S,
    left: usize,
}

impl<S: Read + Seek> Boxes<'_, S> {
    /// The next box before `end`; its content follows.
    fn next(&mut self, end: u64) -> io::Result<Option<BoxHeader>> {
        let start = self.source.stream_position()?;
        if start.saturating_add(8) > end {
            return Ok(None);
        }
        self.left = self.left.checked_sub(1).ok_or(io::ErrorKind::InvalidData)?;
        let [size, kind] = self.read_words::<2>()?;
        let size = match size {
            0 => end - start,
            1 => {
                let [high, low] = self.read_words::<2>()?;
                join(high, low)
            }
            size => size.into(),
        };
        if size < 8 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let end = start.saturating_add(size).min(end);
        Ok(Some(BoxHeader { kind: kind.to_be_bytes(), end }))
    }

    fn skip_to(&mut self, position: u64) -> io::Result<()> {
        self.source.seek(SeekFrom::Start(position)).map(|_| ())
    }

    /// The timescale of a movie or media header.
    fn timescale(&mut self) -> io::Result<u32> {
        let [version_and_flags] = self.read_words::<1>()?;
        Ok(match version_and_flags >> 24 {
            1 => self.read_words::<5>()?[4],
            _ => self.read_words::<3>()?[2],
        })
    }

    fn read_words<const N: usize>(&mut self) -> io::Result<[u32; N]> {
        let mut words = [0; N];
        for word in &mut words {
            let mut bytes = [0; 4];
            self.source.read_exact(&mut bytes)?;
            *word = u32::from_be_bytes(bytes);
        }
        Ok(words)
    }
}

fn join(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap_or_default();
        [size.to_be_bytes().as_slice(), kind, content].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn movie(edits: &[u32]) -> Movie {
        let elst = atom(b"elst", &words(&[&[0, edits.len() as u32 / 3], edits].concat()));
        let stsd = atom(b"stsd", &[words(&[0, 1, 8]), b"samr".to_vec()].concat());
        let mdhd = atom(b"mdhd", &words(&[0, 0, 0, 48_000, 0]));
        let hdlr = atom(b"hdlr", &[words(&[0, 0]), b"soun".to_vec()].concat());
        let minf = atom(b"minf", &atom(b"stbl", &stsd));
        let tkhd = atom(b"tkhd", &words(&[1, 0, 0, 7]));
        let mdia = atom(b"mdia", &[mdhd, hdlr, minf].concat());
        let trak = atom(b"trak", &[tkhd, atom(b"edts", &elst), mdia].concat());
        let mvhd = atom(b"mvhd", &words(&[0, 0, 0, 1_000]));
        let file = [atom(b"mdat", &[0; 9]), atom(b"moov", &[mvhd, trak].concat())].concat();
        Movie::read(&mut io::Cursor::new(file)).unwrap_or_default()
    }

    fn trim(edits: &[u32], frames: u64) -> Trim {
        let movie = movie(edits);
        movie.trim(&movie.tracks[0], 48_000, frames)
    }

    #[test]
    fn reads_what_a_track_is() {
        let movie = movie(&[]);
        let track = &movie.tracks[0];
        assert_eq!((track.id, track.enabled, track.audio), (7, true, true));
        assert_eq!(&track.format, b"samr");
    }

    #[test]
    fn keeps_what_the_edits_present() {
        assert_eq!(trim(&[], 0), Trim::none());
        assert_eq!(trim(&[0, 1_024, 1 << 16], 0), Trim::start(1_024));
        // One second after the priming; then rounded up to the track's end.
        assert_eq!(trim(&[1_000, 1_024, 1 << 16], 96_000), Trim::range(1_024, 49_024));
        assert_eq!(trim(&[1_000, 1_024, 1 << 16], 49_000), Trim::range(1_024, 49_000));
        // An empty edit only delays; two edits leave a hole; a repeated one is not played back.
        let empty = [500, u32::MAX, 1 << 16, 0, 1_024, 1 << 16];
        assert_eq!(trim(&empty, 0), Trim::start(1_024));
        let hole = [1, 0, 1 << 16, 1, 96, 1 << 16];
        assert_eq!(trim(&hole, 0), Trim::ranges(vec![0..48, 96..144]));
        let repeat = [1, 10, 1 << 16, 1, 10, 1 << 16];
        assert_eq!(trim(&repeat, 0), Trim::start(10));
    }
}
