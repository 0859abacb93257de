//! Reads Matroska and webm files, complete or from a live encoder. The reader holds only the
//! current block in memory. It skips cues, tags and attachments.

mod clock;
mod ebml;
mod encoding;
mod headers;
mod lacing;
mod resync;
mod track;

use std::collections::VecDeque;
use std::io;

use super::byte_reader::ByteReader;
use super::stream::{Demuxer, Next, PACKET_BYTES_MAX, Packet, PacketEnd, Stream, invalid};
use crate::limits::Options;
use crate::track_choice::TrackPlace;
use crate::trim::Trim;
use clock::Clock;
use ebml::Element;
use headers::Headers;
use track::{Track, TrackCodec};

/// Number of bytes that one call searches for the next cluster or block after damage.
const SEARCH_BYTES: u64 = 1 << 20;

/// Error message for a recording that starts in the middle. Such a recording cannot be decoded,
/// because the headers are at the beginning.
pub const NO_BEGINNING: &str =
    "this is a webm without its beginning: send the recording from its first chunk";

pub fn is_matroska(head: &[u8]) -> bool {
    head.starts_with(&EBML.to_be_bytes())
}

/// Returns whether the bytes are a part of a webm file without its headers: clusters, or the end of
/// a cluster.
pub fn is_continuation(head: &[u8]) -> bool {
    (0..head.len())
        .filter_map(|at| head.get(at..))
        .any(|bytes| resync::is_cluster(bytes) || resync::are_blocks(bytes))
}

pub fn open(mut reader: ByteReader, options: &Options) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    let Headers { track, codec, place, video, scale_ns, duration } =
        Headers::read(&mut reader, options)?;
    let seconds = duration * scale_ns as f64 / 1e9;
    let stream = Stream {
        params: codec.params.clone(),
        trim: Trim::start(codec.priming).after_delay(codec.delay),
        duration_s: (seconds > 0.0).then_some(seconds),
        counted_s: None,
    };
    let position = reader.position();
    let frames = VecDeque::new();
    let matroska = Matroska {
        reader,
        track,
        codec,
        place,
        position,
        clock: Clock::new(scale_ns, video),
        late_ns: 0,
        frames,
        resync_from: None,
        damage: None,
    };
    Ok((stream, Box::new(matroska)))
}

// --- internal ---

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const TIMESTAMP: u32 = 0xe7;
const BLOCK: u32 = 0xa1;
const DISCARD_PADDING: u32 = 0x75a2;

struct Matroska {
    reader: ByteReader,
    track: Track,
    codec: TrackCodec,
    place: TrackPlace,
    /// Position of the next element.
    position: u64,
    clock: Clock,
    /// Time in nanoseconds from the start of the video to the start of the audio, until it was
    /// returned.
    late_ns: u64,
    /// The frames of the current block that have not been returned yet.
    frames: VecDeque<Frame>,
    /// Position at which the search for the next cluster or block continues after damage; `None` if
    /// there is no search.
    resync_from: Option<u64>,
    /// The error of the first damage. The reader returns this error if it finds no block after the
    /// damage.
    damage: Option<io::Error>,
}

#[derive(Clone, Copy)]
struct Frame {
    position: u64,
    bytes: u64,
    padding: u64,
}

impl Demuxer for Matroska {
    fn place(&self) -> TrackPlace {
        self.place
    }

    fn next(&mut self) -> io::Result<Next> {
        if self.frames.is_empty() {
            let at = self.position;
            let found = match self.resync_from {
                Some(from) => self.resync(from),
                None => self.read_element(),
            };
            match found {
                Ok(true) => {}
                Ok(false) => return self.damage.take().map_or(Ok(Next::End), Err),
                Err(error) if error.kind() == io::ErrorKind::Other => {
                    self.frames.clear();
                    self.damage.get_or_insert(error);
                    self.resync_from = Some(at + 1);
                }
                Err(error) => return Err(error),
            }
        }
        match std::mem::take(&mut self.late_ns) {
            0 => {}
            late_ns => return Ok(Next::Late(late_ns)),
        }
        // If there is no frame yet, the call returns `Nothing` and does not search further. The
        // search could take long, because there may be any amount of video before the next audio.
        self.frames.pop_front().map_or(Ok(Next::Nothing), |frame| self.read_frame(frame))
    }
}

impl Matroska {
    fn read_frame(&mut self, frame: Frame) -> io::Result<Next> {
        self.reader.seek(frame.position)?;
        let mut data = self.reader.bytes(frame.bytes, PACKET_BYTES_MAX)?;
        if let Some(encoding) = self.track.encoding() {
            data = encoding.undo_frame(data);
        }
        let end = match frame.padding {
            0 => PacketEnd::Audible,
            padding => PacketEnd::Padding(padding),
        };
        let frames = self
            .codec
            .coding
            .map(|coding| data.len() as u64 / coding.block_bytes.max(1) * coding.block_frames);
        Ok(Next::Packet(Packet { data, frames, end }))
    }

    /// Searches for the next cluster or block after damage, and continues there. Returns false at
    /// the end of the file.
    fn resync(&mut self, from: u64) -> io::Result<bool> {
        let number = Some(self.track.number);
        let wanted = |bytes: &[u8]| resync::is_cluster_or_block(bytes, number);
        self.reader.seek(from)?;
        let found = self.reader.find(SEARCH_BYTES, resync::LOOKAHEAD, wanted)?;
        self.position = self.reader.position();
        self.resync_from = (!found).then_some(self.position);
        Ok(!self.reader.is_at_end())
    }

    /// Reads the next element of the clusters. Returns false at the end of the file.
    fn read_element(&mut self) -> io::Result<bool> {
        self.reader.seek(self.position)?;
        let Some(element) = Element::read(&mut self.reader, u64::MAX)? else {
            return Ok(false);
        };
        self.position = element.end;
        match element.id {
            // Continues with the first child of the element. The end of the element is not needed,
            // so its declared size is not used.
            SEGMENT | CLUSTER => self.position = element.content,
            TIMESTAMP => self.clock.enter_cluster(element.unsigned(&mut self.reader)?),
            SIMPLE_BLOCK => {
                self.read_block(element)?;
                self.check_end(element)?;
            }
            BLOCK_GROUP => {
                self.read_group(element)?;
                self.check_end(element)?;
            }
            id if !resync::is_known(id) && !resync::is_followed(&mut self.reader, element)? => {
                return Err(invalid("it contains an unknown element"));
            }
            _ => {}
        }
        Ok(true)
    }

    /// Detects a block with a wrong size by checking the bytes after the block. Without this check,
    /// a block that is too long would include other blocks.
    fn check_end(&mut self, block: Element) -> io::Result<()> {
        if resync::is_followed(&mut self.reader, block)? {
            return Ok(());
        }
        let number = Some(self.track.number);
        let wanted = |bytes: &[u8]| resync::is_cluster_or_block(bytes, number);
        self.reader.seek(block.content)?;
        if self.reader.find(block.len().min(SEARCH_BYTES), resync::LOOKAHEAD, wanted)? {
            self.frames.clear();
            self.position = self.reader.position();
        }
        Ok(())
    }

    fn read_group(&mut self, group: Element) -> io::Result<()> {
        let mut block = None;
        let mut padding_ns = 0;
        group.children(&mut self.reader, |reader, child| {
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
        Ok(())
    }

    /// Stores the frames of a block if the block belongs to the decoded track.
    fn read_block(&mut self, block: Element) -> io::Result<()> {
        let (number, _) = ebml::read_number(&mut self.reader)?;
        if number != self.track.number {
            let offset = i16::from_be_bytes(self.reader.array()?);
            self.clock.see_other(number, offset);
            return Ok(());
        }
        if block.len() > PACKET_BYTES_MAX {
            return Err(invalid("it contains a block that is too long"));
        }
        let [high, low, flags] = self.reader.array()?;
        let mut sizes = lacing::read_sizes(&mut self.reader, flags, block.end)?;
        sizes.retain(|size| *size > 0);
        if !sizes.is_empty() {
            self.late_ns += self.clock.start_audio(i16::from_be_bytes([high, low]));
        }
        let mut position = self.reader.position();
        for bytes in sizes {
            self.frames.push_back(Frame { position, bytes, padding: 0 });
            position = position.saturating_add(bytes);
        }
        Ok(())
    }
}
