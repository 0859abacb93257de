//! Undoes the encoding of a Matroska track: compression with zlib, or removed headers. The writer
//! of the file applies the encoding to each frame, to the codec's configuration, or to both.

use std::io;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::ebml::Element;
use crate::container::byte_reader::ByteReader;
use crate::container::stream::{CONFIG_BYTES_MAX, PACKET_BYTES_MAX};

/// Maximum number of bytes at the start of a frame that the encoding may remove.
const HEADER_BYTES_MAX: u64 = 256;

/// An encoding that can be undone, and the parts of the track to which it applies.
#[derive(Debug)]
pub struct Encoding {
    method: Method,
    of_frames: bool,
    of_configuration: bool,
}

#[derive(Debug)]
enum Method {
    Zlib,
    /// The bytes that were removed from the start of each part.
    Stripped(Box<[u8]>),
}

/// The encoding of a track; the name of the encoding if it cannot be undone.
pub type Read = Result<Option<Encoding>, &'static str>;

/// Reads the list of the encodings of a track. More than one encoding cannot be undone.
pub fn read(reader: &mut ByteReader, encodings: Element) -> io::Result<Read> {
    let mut found = Ok(None);
    encodings.children(reader, |reader, child| {
        if child.id == ENCODING {
            found = match found {
                Ok(None) => read_encoding(reader, child)?.map(Some),
                _ => Err("encoded several times"),
            };
        }
        Ok(())
    })?;
    Ok(found)
}

impl Encoding {
    /// Returns the original bytes of a frame. A frame that is damaged, or would be too long, becomes
    /// an empty frame.
    pub fn undo_frame(&self, frame: Box<[u8]>) -> Box<[u8]> {
        match self.of_frames {
            true => self.method.undo(frame, PACKET_BYTES_MAX).unwrap_or_default(),
            false => frame,
        }
    }

    /// Returns the original bytes of the codec's configuration; `None` if they are damaged.
    pub fn undo_configuration(&self, bytes: Box<[u8]>) -> Option<Box<[u8]>> {
        if !self.of_configuration || bytes.is_empty() {
            return Some(bytes);
        }
        self.method.undo(bytes, CONFIG_BYTES_MAX)
    }
}

// --- internal ---

const ENCODING: u32 = 0x6240;
const SCOPE: u32 = 0x5032;
const KIND: u32 = 0x5033;
const COMPRESSION: u32 = 0x5034;
const ALGORITHM: u32 = 0x4254;
const SETTINGS: u32 = 0x4255;
/// Bits of the scope. A further bit stands for the next encoding of the list.
const FRAMES: u64 = 1;
const CONFIGURATION: u64 = 2;

impl Method {
    /// Returns the original bytes; `None` if they are damaged or more than `max` bytes.
    fn undo(&self, bytes: Box<[u8]>, max: u64) -> Option<Box<[u8]>> {
        match self {
            Method::Zlib => {
                let undone = decompress_to_vec_zlib_with_limit(&bytes, max as usize);
                undone.ok().map(Vec::into_boxed_slice)
            }
            Method::Stripped(header) => Some([header, &*bytes].concat().into()),
        }
    }
}

fn read_encoding(
    reader: &mut ByteReader,
    encoding: Element,
) -> io::Result<Result<Encoding, &'static str>> {
    let (mut scope, mut kind) = (FRAMES, 0);
    let mut algorithm = 0;
    let mut header = Box::default();
    encoding.children(reader, |reader, child| {
        match child.id {
            SCOPE => scope = child.unsigned(reader)?,
            KIND => kind = child.unsigned(reader)?,
            COMPRESSION => child.children(reader, |reader, child| {
                match child.id {
                    ALGORITHM => algorithm = child.unsigned(reader)?,
                    SETTINGS => header = child.bytes(reader, HEADER_BYTES_MAX)?,
                    _ => {}
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    })?;
    let method = match (kind, algorithm) {
        (0, 0) => Method::Zlib,
        (0, 1) => return Ok(Err("compressed (bzlib)")),
        (0, 2) => return Ok(Err("compressed (lzo)")),
        (0, 3) => Method::Stripped(header),
        (1, _) => return Ok(Err("encrypted")),
        _ => return Ok(Err("encoded in an unknown way")),
    };
    let (of_frames, of_configuration) = (scope & FRAMES != 0, scope & CONFIGURATION != 0);
    Ok(Ok(Encoding { method, of_frames, of_configuration }))
}
