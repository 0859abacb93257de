//! Reads movie fragments. The reader holds only the current fragment in memory.

use std::collections::VecDeque;
use std::io;

use super::boxes::{BoxHeader, version_and_flags};
use super::sample_table::Extent;
use crate::container::byte_reader::{ByteReader, Window};
use crate::status::Error;

/// Maximum number of runs in a fragment. The limit is necessary because the reader holds all runs
/// of a fragment in memory.
const RUNS_MAX: usize = 1 << 12;
/// Number of bytes that one call searches for the next fragment after damage.
const SEARCH_BYTES: u64 = 1 << 20;
/// Types of top-level boxes. If a box has another type, the file is damaged, or other data follows
/// the file.
const TOP_BOXES: [&[u8; 4]; 18] = [
    b"ftyp", b"styp", b"moov", b"moof", b"mfra", b"mdat", b"free", b"skip", b"wide", b"sidx",
    b"ssix", b"prft", b"emsg", b"meta", b"uuid", b"udta", b"pdin", b"pnot",
];

#[derive(Debug)]
pub struct Fragments {
    track_id: u32,
    default_size: u32,
    /// Position of the next box of the file.
    position: u64,
    /// The runs of the current fragment.
    runs: VecDeque<Run>,
    /// Position of the end of the last run.
    run_end: u64,
    /// Whether the file is damaged at `position`. If so, the next call searches for the next
    /// fragment.
    is_damaged: bool,
}

/// A run of adjacent samples.
#[derive(Debug)]
struct Run {
    samples_left: u32,
    /// Position of the next sample. If it is `None`, the samples follow the samples of the previous
    /// run.
    offset: Option<u64>,
    /// Size of every sample in bytes; `None` if the sizes differ.
    size: Option<u32>,
    /// Number of 32-bit fields in each entry before the size, and number of 32-bit fields after the
    /// size.
    other_fields: (u8, u8),
    entries: Window,
}

impl Fragments {
    /// Creates a reader for the fragments from `position` on. `default_size` is the sample size
    /// that the movie box declares.
    pub fn new(track_id: u32, default_size: u32, position: u64) -> Self {
        let runs = VecDeque::new();
        Fragments { track_id, default_size, position, runs, run_end: 0, is_damaged: false }
    }

    /// Returns the next sample of the current fragment; `None` at the end of the fragment.
    pub fn next_sample(&mut self, reader: &mut ByteReader) -> io::Result<Option<Extent>> {
        while let Some(run) = self.runs.front_mut() {
            if let Some(bytes) = run.next_size(reader)? {
                let offset = run.offset.unwrap_or(self.run_end);
                self.run_end = offset.saturating_add(bytes);
                run.offset = Some(self.run_end);
                return Ok(Some(Extent { offset, bytes, frames: 1 }));
            }
            self.runs.pop_front();
        }
        Ok(None)
    }

    /// Reads the next box of the file, which may be a fragment. Returns false at the end of the
    /// file. After damage, continues with the next fragment.
    pub fn read_box(&mut self, reader: &mut ByteReader) -> io::Result<bool> {
        if self.is_damaged {
            return self.find_fragment(reader);
        }
        let start = self.position;
        reader.seek(start)?;
        let read = match BoxHeader::read(reader, reader.len()) {
            Ok(None) => return Ok(false),
            Ok(Some(found)) if !TOP_BOXES.contains(&&found.kind) => {
                Err(io::ErrorKind::InvalidData.into())
            }
            Ok(Some(found)) => {
                self.position = found.end;
                if found.is_cut {
                    // Either the file is truncated, or the declared size of the box is too large. A
                    // box with a wrong size may include other boxes, so the search continues inside
                    // the box.
                    (self.position, self.is_damaged) = (found.content, true);
                }
                match &found.kind {
                    b"moof" => self.read_fragment(reader, found),
                    _ => Ok(()),
                }
            }
            Err(error) => Err(error),
        };
        match read {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.runs.clear();
                (self.position, self.is_damaged) = (start + 1, true);
            }
            read => read?,
        }
        Ok(true)
    }

    fn find_fragment(&mut self, reader: &mut ByteReader) -> io::Result<bool> {
        reader.seek(self.position)?;
        let is_fragment = |bytes: &[u8]| bytes.get(4..8) == Some(b"moof");
        self.is_damaged = !reader.find(SEARCH_BYTES, 8, is_fragment)?;
        self.position = reader.position();
        Ok(!reader.is_at_end())
    }

    fn read_fragment(&mut self, reader: &mut ByteReader, fragment: BoxHeader) -> io::Result<()> {
        fragment.children(reader, |reader, child| match &child.kind {
            b"traf" => self.read_track(reader, fragment, child),
            _ => Ok(()),
        })
    }

    fn read_track(
        &mut self,
        reader: &mut ByteReader,
        fragment: BoxHeader,
        track: BoxHeader,
    ) -> io::Result<()> {
        let mut ours = false;
        let mut base = fragment.start;
        let mut default_size = self.default_size;
        let mut first = true;
        track.children(reader, |reader, child| {
            match &child.kind {
                b"tfhd" => {
                    let (_, flags) = version_and_flags(reader)?;
                    ours = reader.u32_be()? == self.track_id;
                    if flags & 0x1 != 0 {
                        base = reader.u64_be()?;
                    }
                    // Skips the sample description and the duration.
                    reader.skip(u64::from(flags & 0x2 != 0) * 4)?;
                    reader.skip(u64::from(flags & 0x8 != 0) * 4)?;
                    if flags & 0x10 != 0 {
                        default_size = reader.u32_be()?;
                    }
                }
                b"trun" if ours => {
                    if self.runs.len() == RUNS_MAX {
                        let reason = format!(
                            "it contains a fragment with more than {RUNS_MAX} runs of samples"
                        );
                        return Err(io::Error::other(Error::limit(reason)));
                    }
                    let mut run = Run::read(reader, child, base, default_size)?;
                    if std::mem::take(&mut first) {
                        run.offset = run.offset.or(Some(base));
                    }
                    self.runs.push_back(run);
                }
                _ => {}
            }
            Ok(())
        })
    }
}

impl Run {
    fn read(
        reader: &mut ByteReader,
        found: BoxHeader,
        base: u64,
        default_size: u32,
    ) -> io::Result<Run> {
        let (_, flags) = version_and_flags(reader)?;
        let samples_left = reader.u32_be()?;
        let offset = match flags & 0x1 {
            0 => None,
            _ => Some(base.saturating_add_signed((reader.u32_be()? as i32).into())),
        };
        reader.skip(u64::from(flags & 0x4 != 0) * 4)?;
        let has = |flag: u32| u8::from(flags & flag != 0);
        let other_fields = (has(0x100), has(0x400) + has(0x800));
        let size = (flags & 0x200 == 0).then_some(default_size);
        let entries = Window::new(reader.position(), found.end);
        Ok(Run { samples_left, offset, size, other_fields, entries })
    }

    fn next_size(&mut self, reader: &mut ByteReader) -> io::Result<Option<u64>> {
        match self.samples_left.checked_sub(1) {
            None => return Ok(None),
            Some(left) => self.samples_left = left,
        }
        if let Some(size) = self.size {
            return Ok((size > 0).then_some(size.into()));
        }
        for _ in 0..self.other_fields.0 {
            self.entries.u32_be(reader)?;
        }
        let size = self.entries.u32_be(reader)?;
        for _ in 0..self.other_fields.1 {
            self.entries.u32_be(reader)?;
        }
        Ok(size.map(u64::from))
    }
}
