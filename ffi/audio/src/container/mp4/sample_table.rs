//! Reads the sample table of a track: the position and size of each sample. In mp4, a sample is a
//! packet. The reader reads the table block by block while it reads the samples.

use std::io;

use super::boxes::{BoxHeader, version_and_flags};
use crate::container::blocks::Coding;
use crate::container::byte_reader::{ByteReader, Window};

/// A range of bytes in the media data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub offset: u64,
    pub bytes: u64,
    /// Number of frames in the range. It is used for codecs without packets.
    pub frames: u64,
}

#[derive(Debug, Default)]
pub struct SampleTable {
    sizes: Option<Sizes>,
    chunk_offsets: Option<(Window, bool)>,
    chunk_runs: Option<Window>,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    chunk: u32,
    samples_per_chunk: u32,
    next_run: Option<(u32, u32)>,
    samples_left_in_chunk: u32,
    /// Position of the next sample.
    offset: u64,
}

#[derive(Debug)]
struct Sizes {
    samples_left: u32,
    /// Size of every sample in bytes; `None` if the sizes differ.
    fixed: Option<u32>,
    bits: u8,
    table: Window,
    half_byte: Option<u8>,
}

impl SampleTable {
    /// If `found` is the box of one of the three tables, stores the position of the table.
    pub fn read_box(&mut self, reader: &mut ByteReader, found: BoxHeader) -> io::Result<()> {
        match &found.kind {
            b"stsz" | b"stz2" => self.sizes = Some(Sizes::read(reader, found)?),
            b"stsc" => {
                reader.skip(8)?;
                self.chunk_runs = Some(Window::new(reader.position(), found.end));
            }
            b"stco" | b"co64" => {
                reader.skip(8)?;
                let wide = &found.kind == b"co64";
                self.chunk_offsets = Some((Window::new(reader.position(), found.end), wide));
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns the next sample; `None` at the end of the table. For codecs without packets, returns
    /// the next range of samples.
    pub fn next(
        &mut self,
        reader: &mut ByteReader,
        coding: Option<Coding>,
    ) -> io::Result<Option<Extent>> {
        loop {
            while self.state.samples_left_in_chunk == 0 {
                if !self.next_chunk(reader)? {
                    return Ok(None);
                }
            }
            let Some(sizes) = self.sizes.as_mut().filter(|sizes| sizes.samples_left > 0) else {
                return Ok(None);
            };
            let state = &mut self.state;
            let (bytes, frames, samples) = match coding {
                None => match sizes.next(reader)? {
                    None => return Ok(None),
                    Some(bytes) => (bytes.into(), 1, 1),
                },
                Some(coding) => {
                    let left = state.samples_left_in_chunk.min(sizes.samples_left);
                    // If the sample size in the table is equal to the block size, the table counts
                    // each block as one sample.
                    let counts_blocks = sizes.fixed.map(u64::from) == Some(coding.block_bytes);
                    let block_samples = if counts_blocks { 1 } else { coding.block_frames };
                    let blocks = u64::from(left) / block_samples;
                    let blocks = blocks.min(coding.blocks_per_packet());
                    let samples = (blocks * block_samples) as u32;
                    sizes.samples_left -= samples;
                    (blocks * coding.block_bytes, blocks * coding.block_frames, samples)
                }
            };
            if samples == 0 {
                // The rest of the chunk is shorter than a block, so it is skipped.
                state.samples_left_in_chunk = 0;
                continue;
            }
            let extent = Extent { offset: state.offset, bytes, frames };
            state.samples_left_in_chunk -= samples;
            state.offset = state.offset.saturating_add(bytes);
            return Ok(Some(extent));
        }
    }

    fn next_chunk(&mut self, reader: &mut ByteReader) -> io::Result<bool> {
        let (Some((offsets, wide)), Some(runs)) = (&mut self.chunk_offsets, &mut self.chunk_runs)
        else {
            return Ok(false);
        };
        let offset = if *wide {
            offsets.array(reader)?.map(u64::from_be_bytes)
        } else {
            offsets.u32_be(reader)?.map(u64::from)
        };
        let Some(offset) = offset else {
            return Ok(false);
        };
        let state = &mut self.state;
        state.chunk = state.chunk.saturating_add(1);
        loop {
            if state.next_run.is_none() {
                state.next_run = read_run(runs, reader)?;
            }
            match state.next_run {
                Some((first, samples)) if first <= state.chunk => {
                    state.samples_per_chunk = samples;
                    state.next_run = None;
                }
                _ => break,
            }
        }
        state.offset = offset;
        state.samples_left_in_chunk = state.samples_per_chunk;
        Ok(true)
    }
}

/// Reads the number of the first chunk of a run and the number of samples in each chunk. Chunks are
/// numbered from 1.
fn read_run(runs: &mut Window, reader: &mut ByteReader) -> io::Result<Option<(u32, u32)>> {
    let (Some(first), Some(samples), Some(_description)) =
        (runs.u32_be(reader)?, runs.u32_be(reader)?, runs.u32_be(reader)?)
    else {
        return Ok(None);
    };
    Ok(Some((first, samples)))
}

impl Sizes {
    fn read(reader: &mut ByteReader, found: BoxHeader) -> io::Result<Sizes> {
        version_and_flags(reader)?;
        let size = reader.u32_be()?;
        let samples_left = reader.u32_be()?;
        let compact = &found.kind == b"stz2";
        let bits = if compact { size as u8 } else { 32 };
        let fixed = (!compact && size > 0).then_some(size);
        let table = Window::new(reader.position(), found.end);
        Ok(Sizes { samples_left, fixed, bits, table, half_byte: None })
    }

    fn next(&mut self, reader: &mut ByteReader) -> io::Result<Option<u32>> {
        match self.samples_left.checked_sub(1) {
            None => return Ok(None),
            Some(left) => self.samples_left = left,
        }
        if self.fixed.is_some() {
            return Ok(self.fixed);
        }
        Ok(match self.bits {
            4 => match self.half_byte.take() {
                Some(low) => Some(low.into()),
                None => self.table.u8(reader)?.map(|byte| {
                    self.half_byte = Some(byte & 15);
                    u32::from(byte >> 4)
                }),
            },
            8 => self.table.u8(reader)?.map(u32::from),
            16 => self.table.array(reader)?.map(|bytes| u16::from_be_bytes(bytes).into()),
            _ => self.table.u32_be(reader)?,
        })
    }
}
