//! Matroska and webm, whole or as a live encoder writes them. Of the file nothing but the block at hand
//! is held: cues, tags and attachments are passed over.

mod ebml;
mod lacing;
mod track;

use std::collections::VecDeque;
use std::io;

use super::byte_reader::ByteReader;
use super::stream::{Demuxer, Next, PACKET_BYTES_MAX, Packet, PacketEnd, Stream, invalid};
use crate::trim::Trim;
use ebml::Element;
use track::{Track, TrackCodec};

const TRACKS_MAX: usize = 1 << 8;
/// Elements of the first levels looked at before the first cluster.
const HEADERS_MAX: usize = 1 << 12;

pub fn is_matroska(head: &[u8]) -> bool {
    head.starts_with(&EBML.to_be_bytes())
}

pub fn open(mut reader: ByteReader) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    // The default audio track, or the first one; what is not heard is not held.
    let mut heard: Option<Track> = None;
    let mut tracks = 0;
    let mut scale_ns = 1_000_000;
    let mut duration = 0.0;
    for _ in 0..HEADERS_MAX {
        let Some(element) = Element::read(&mut reader, u64::MAX)? else {
            break;
        };
        match element.id {
            SEGMENT => continue,
            CLUSTER => {
                reader.seek(element.content)?;
                break;
            }
            INFO => element.children(&mut reader, |reader, child| {
                match child.id {
                    TIMESTAMP_SCALE => scale_ns = child.unsigned(reader)?,
                    DURATION => duration = child.float(reader)?,
                    _ => {}
                }
                Ok(())
            })?,
            TRACKS => element.children(&mut reader, |reader, child| {
                if child.id == TRACK_ENTRY && tracks < TRACKS_MAX {
                    tracks += 1;
                    let track = Track::read(reader, child)?;
                    let known = heard.as_ref();
                    if track.audio
                        && known.is_none_or(|known| !known.is_default() && track.is_default())
                    {
                        heard = Some(track);
                    }
                }
                Ok(())
            })?,
            _ => {}
        }
        reader.seek(element.end)?;
    }
    let track = heard.ok_or_else(|| invalid("this matroska file has no audio track"))?;
    let codec = track.decodable()?;
    let seconds = duration * scale_ns as f64 / 1e9;
    let stream = Stream {
        params: codec.params.clone(),
        trim: Trim::start(codec.priming).after_delay(codec.delay),
        duration_s: (seconds > 0.0).then_some(seconds),
        counted_s: None,
    };
    let position = reader.position();
    Ok((stream, Box::new(Matroska { reader, track, codec, position, frames: VecDeque::new() })))
}

// --- internal ---

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
const DURATION: u32 = 0x4489;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const CLUSTER: u32 = 0x1f43_b675;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const DISCARD_PADDING: u32 = 0x75a2;

struct Matroska {
    reader: ByteReader,
    track: Track,
    codec: TrackCodec,
    /// Where the next element starts.
    position: u64,
    /// Of the block at hand: where they are, and how many frames of the last are padding.
    frames: VecDeque<Frame>,
}

#[derive(Clone, Copy)]
struct Frame {
    position: u64,
    bytes: u64,
    padding: u64,
}

impl Demuxer for Matroska {
    fn next(&mut self) -> io::Result<Next> {
        if self.frames.is_empty() {
            match self.read_element() {
                Ok(true) => {}
                Ok(false) => return Ok(Next::End),
                // Behind damage it goes on with the next cluster.
                Err(error) if error.kind() == io::ErrorKind::Other && !self.reader.is_at_end() => {
                    self.frames.clear();
                    if !self.reader.find(CLUSTER.to_be_bytes())? {
                        return Err(error);
                    }
                    self.position = self.reader.position();
                }
                Err(error) => return Err(error),
            }
        }
        // Any length of video may come before the next sound.
        self.frames.pop_front().map_or(Ok(Next::Nothing), |frame| self.read_frame(frame))
    }
}

impl Matroska {
    fn read_frame(&mut self, frame: Frame) -> io::Result<Next> {
        self.reader.seek(frame.position)?;
        let mut data = self.reader.bytes(frame.bytes, PACKET_BYTES_MAX)?;
        if !self.track.stripped.is_empty() {
            data = [&*self.track.stripped, &*data].concat().into();
        }
        let end = match frame.padding {
            0 => PacketEnd::Heard,
            padding => PacketEnd::Padding(padding),
        };
        let frames = self
            .codec
            .coding
            .map(|coding| data.len() as u64 / coding.block_bytes.max(1) * coding.block_frames);
        Ok(Next::Packet(Packet { data, frames, end }))
    }

    /// Reads the next element of the clusters; false at the end of the file.
    fn read_element(&mut self) -> io::Result<bool> {
        self.reader.seek(self.position)?;
        let Some(element) = Element::read(&mut self.reader, u64::MAX)? else {
            return Ok(false);
        };
        self.position = element.end;
        match element.id {
            // Their elements follow, whatever their size is said to be.
            SEGMENT | CLUSTER => self.position = element.content,
            SIMPLE_BLOCK => self.read_block(element)?,
            BLOCK_GROUP => {
                let mut block = None;
                let mut padding_ns = 0;
                element.children(&mut self.reader, |reader, child| {
                    match child.id {
                        BLOCK => block = Some(child),
                        DISCARD_PADDING => padding_ns = child.signed(reader)?,
                        _ => {}
                    }
                    Ok(())
                })?;
                if let Some(block) = block {
                    self.reader.seek(block.content)?;
                    self.read_block(block)?;
                }
                let rate = self.codec.params.sample_rate.unwrap_or_default();
                if let (Some(last), Ok(ns)) = (self.frames.back_mut(), u64::try_from(padding_ns)) {
                    last.padding = track::frames(ns, rate);
                }
            }
            _ => {}
        }
        Ok(true)
    }

    /// Notes the frames of a block, when it is of the track that is heard.
    fn read_block(&mut self, block: Element) -> io::Result<()> {
        let (number, _) = ebml::read_number(&mut self.reader)?;
        if number != self.track.number {
            return Ok(());
        }
        let [_, _, flags] = self.reader.array()?;
        let mut sizes = lacing::read_sizes(&mut self.reader, flags, block.end)?;
        sizes.retain(|size| *size > 0);
        let mut position = self.reader.position();
        for bytes in sizes {
            self.frames.push_back(Frame { position, bytes, padding: 0 });
            position = position.saturating_add(bytes);
        }
        Ok(())
    }
}
