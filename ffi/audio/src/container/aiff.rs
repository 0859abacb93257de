//! Reads AIFF and AIFC files with all their sample formats.

use std::io;

use super::blocks::{Blocks, Coding};
use super::byte_reader::ByteReader;
use super::channel_layout;
use super::stream::{CONFIG_BYTES_MAX, Demuxer, Stream, invalid, unsupported};

const CHUNKS_MAX: usize = 1 << 12;

pub fn is_aiff(head: &[u8]) -> bool {
    head.starts_with(b"FORM") && matches!(head.get(8..12), Some(b"AIFF" | b"AIFC"))
}

pub fn open(mut reader: ByteReader) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    reader.seek(8)?;
    let compressed = &reader.array::<4>()? == b"AIFC";
    let mut common = None;
    let mut layout = Box::default();
    let mut samples = None;
    for _ in 0..CHUNKS_MAX {
        // The chunks may be in any order, so the file is opened as soon as the format chunk and the
        // sample chunk have been found.
        if let (Some(common), Some((start, len))) = (&common, samples) {
            let Common { coding, sample_rate, channels } = common;
            let layout = channel_layout::of_apple_chunk(&layout, *channels);
            let params = coding.params(*sample_rate, layout);
            return Blocks::open(reader, start, len, *coding, params);
        }
        let kind = reader.array::<4>()?;
        let size = u64::from(reader.u32_be()?);
        let start = reader.position();
        match &kind {
            b"COMM" => common = Some(Common::read(&mut reader, compressed)?),
            b"CHAN" => layout = reader.bytes(size, CONFIG_BYTES_MAX)?,
            b"SSND" => {
                let offset = u64::from(reader.u32_be()?);
                // If a program wrote the file to a pipe, the program did not know the length. It
                // then wrote a length that is too small, so the real length is unknown.
                let len = (size > 8).then(|| (size - 8).saturating_sub(offset));
                samples = Some((start + 8 + offset, len));
                if len.is_none() {
                    continue;
                }
            }
            _ => {}
        }
        reader.seek(start + size + (size & 1))?;
    }
    Err(invalid("it has no samples among its first chunks"))
}

// --- internal ---

struct Common {
    coding: Coding,
    sample_rate: u32,
    channels: u16,
}

impl Common {
    fn read(reader: &mut ByteReader, compressed: bool) -> io::Result<Common> {
        let channels = reader.u16_be()?;
        let _frames = reader.u32_be()?;
        let bits = reader.u16_be()?;
        let sample_rate = integer_of_extended(reader.array()?);
        let kind = if compressed { reader.array()? } else { *b"NONE" };
        if channels == 0 {
            return Err(invalid("it has no channels"));
        }
        let coding = Coding::apple(kind, bits, channels).ok_or_else(|| {
            let name = kind.escape_ascii();
            unsupported(format_args!("codec \"{name}\" with {bits} bits in AIFF"))
        })?;
        Ok(Common { coding, sample_rate, channels })
    }
}

/// Converts an 80-bit float to an integer sample rate in Hz.
fn integer_of_extended(bytes: [u8; 10]) -> u32 {
    let [high, low, mantissa @ ..] = bytes;
    let exponent = i32::from(u16::from_be_bytes([high, low])) - 16_383;
    match exponent {
        0..=31 => (u64::from_be_bytes(mantissa) >> (63 - exponent)) as u32,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_sample_rate() {
        assert_eq!(integer_of_extended([0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44_100);
        assert_eq!(integer_of_extended([0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]), 8_000);
        assert_eq!(integer_of_extended([0xff; 10]), 0);
    }
}
