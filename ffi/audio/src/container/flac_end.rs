//! Finds the end of the last frame of a FLAC stream. A frame does not contain its length. Therefore
//! the decoder would treat bytes after the last frame as a part of the frame, and the checksum of
//! the frame would be wrong.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::checksum::{Crc8Ccitt, Crc16Ansi};
use symphonia::core::io::Monitor;

use crate::source::Source;

/// Numbers of bytes at the end of the file that are searched for the last frame. The first search
/// uses the first number. If it finds no frame, a second search uses the second number.
const TAIL_BYTES: [u64; 2] = [64 << 10, 1 << 20];
/// Maximum number of positions that are checked. A position is checked if its bytes look like the
/// start of a frame.
const CANDIDATES_MAX: usize = 8;
const HEADER_BYTES_MAX: usize = 16;
/// Minimum size of a frame in bytes: six for the header, one for the audio, two for the checksum.
const FRAME_BYTES_MIN: usize = 9;

/// The properties of frames that STREAMINFO declares.
#[derive(Clone, Copy, Debug)]
pub struct StreamInfo {
    block_min: u64,
    is_fixed: bool,
    channels: u8,
    /// Number of audio frames in the stream; 0 if it is unknown.
    frames: u64,
}

/// Removes the bytes after the last frame, if the last frame is found. `start` is the position of
/// the first frame.
pub fn without_junk(mut source: Source, start: u64, info: StreamInfo) -> io::Result<Source> {
    let mut end = None;
    for bytes in TAIL_BYTES {
        let tail_start = source.len().saturating_sub(bytes).max(start);
        let bytes = source.len().saturating_sub(tail_start);
        source.check_memory(bytes)?;
        source.seek(SeekFrom::Start(tail_start))?;
        let mut tail = Vec::new();
        (&mut source).take(bytes).read_to_end(&mut tail)?;
        end = info.end_of_last_frame(&tail).map(|end| tail_start + end as u64);
        if end.is_some() || tail_start == start {
            break;
        }
    }
    source.rewind()?;
    let len = source.len();
    Ok(source.with_end(end.unwrap_or(len)))
}

impl StreamInfo {
    pub fn parse(info: &[u8]) -> Option<StreamInfo> {
        let &[a, b, c, d, _, _, _, _, _, _, _, _, rates, n0, n1, n2, n3, n4, ..] = info else {
            return None;
        };
        Some(StreamInfo {
            block_min: u16::from_be_bytes([a, b]).into(),
            is_fixed: [a, b] == [c, d],
            channels: (rates >> 1 & 7) + 1,
            frames: u64::from_be_bytes([0, 0, 0, n0 & 0xf, n1, n2, n3, n4]),
        })
    }

    fn end_of_last_frame(self, tail: &[u8]) -> Option<usize> {
        let starts = (0..tail.len()).rev().filter_map(|start| {
            let frame = tail.get(start..)?;
            self.frame_end(frame).map(|end| (start, frame, end))
        });
        let (start, frame, end) =
            starts.take(CANDIDATES_MAX).find_map(|(start, frame, stream_end)| {
                Some((start, end_by_checksum(frame)?, stream_end))
            })?;
        // If the header declares the length of the stream, the last frame must end there. If it
        // does not, the file is truncated, or the checksum of another frame was correct by chance.
        (self.frames == 0 || end == self.frames).then_some(start + frame)
    }

    /// Returns the position in the stream at which a frame ends; `None` if there is no frame.
    /// `frame` contains the frame and the bytes after it.
    fn frame_end(self, frame: &[u8]) -> Option<u64> {
        let &[0xff, sync, sizes, channels, ..] = frame else {
            return None;
        };
        let is_variable = match sync {
            0xf8 => false,
            0xf9 => true,
            _ => return None,
        };
        let count = match channels >> 4 {
            independent @ 0..=7 => independent + 1,
            8..=10 => 2,
            _ => return None,
        };
        if count != self.channels || is_variable == self.is_fixed || channels & 1 != 0 {
            return None;
        }
        let header = Header { bytes: frame.get(..HEADER_BYTES_MAX.min(frame.len()))?, at: 4 };
        let (number, size) = header.read(sizes)?;
        let first = if is_variable { number } else { number.checked_mul(self.block_min)? };
        Some(first + size)
    }
}

// --- internal ---

struct Header<'h> {
    bytes: &'h [u8],
    at: usize,
}

impl Header<'_> {
    /// Reads the number of the frame or of its first sample, and the number of samples in the
    /// frame.
    fn read(mut self, sizes: u8) -> Option<(u64, u64)> {
        let first = self.u8()?;
        let more = match first.leading_ones() {
            0 => 0,
            ones @ 2..=7 => ones - 1,
            _ => return None,
        };
        let mut number = u64::from(first) & if more == 0 { 0x7f } else { 0x3f >> more };
        for _ in 0..more {
            number = number << 6 | u64::from(self.u8()? & 0x3f);
        }
        let size = match sizes >> 4 {
            0 => return None,
            1 => 192,
            power @ 2..=5 => 144 << power,
            6 => u64::from(self.u8()?) + 1,
            7 => u64::from(u16::from_be_bytes([self.u8()?, self.u8()?])) + 1,
            power => 1 << power,
        };
        match sizes & 0xf {
            12 => self.at += 1,
            13 | 14 => self.at += 2,
            15 => return None,
            _ => {}
        }
        let mut sum = Crc8Ccitt::new(0);
        sum.process_buf_bytes(self.bytes.get(..self.at)?);
        (sum.crc() == self.u8()?).then_some((number, size))
    }

    fn u8(&mut self) -> Option<u8> {
        self.at += 1;
        self.bytes.get(self.at - 1).copied()
    }
}

/// Returns the end of the frame. At the end of a frame, the checksum of all its bytes is correct.
/// If the checksum is correct at several positions, returns the last position. The result may be
/// after the end of the frame, because a checksum can be correct by chance. This does no harm,
/// because the decoder reads only the frame.
fn end_by_checksum(frame: &[u8]) -> Option<usize> {
    let mut sum = Crc16Ansi::new(0);
    let mut end = None;
    for (index, byte) in frame.iter().enumerate() {
        let before = sum.crc();
        sum.process_byte(*byte);
        // The checksum over a frame and its own checksum is 0. Zeros after the frame do not change
        // this result. `before != 0` excludes these zeros from the frame.
        if sum.crc() == 0 && before != 0 && index + 1 >= FRAME_BYTES_MIN {
            end = Some(index + 1);
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_stream_info() {
        let mut bytes = [0; 34];
        bytes[..4].copy_from_slice(&[0x10, 0, 0x10, 0]);
        bytes[12..18].copy_from_slice(&[0x02, 0xf1, 0, 0, 1, 0]);
        let info = StreamInfo::parse(&bytes).unwrap();
        assert_eq!((info.block_min, info.is_fixed, info.channels), (4_096, true, 2));
        assert_eq!(info.frames, 0x1_0000_0100);
        assert!(StreamInfo::parse(&bytes[..17]).is_none());
    }

    #[test]
    fn finds_the_end_by_the_checksum() {
        let mut frame: Vec<u8> = (0..200).map(|n: u8| n.wrapping_mul(37) ^ 0x5a).collect();
        let mut sum = Crc16Ansi::new(0);
        sum.process_buf_bytes(&frame);
        frame.extend(sum.crc().to_be_bytes());
        assert_eq!(end_by_checksum(&frame), Some(202));
        for junk in [b"\r\n".as_slice(), &[0; 60], b"TAG and a title"] {
            assert_eq!(end_by_checksum(&[&frame, junk].concat()), Some(202));
        }
        assert_eq!(end_by_checksum(&frame[..200]), None);
    }
}
