//! Reads MPEG transport streams: ts files, and m2ts files of cameras and Blu-ray discs. The reader
//! holds only the current packet and the frame that it continues in memory, and never seeks back.

mod clock;
mod elementary_stream;
mod frame;
mod kind;
mod packet;
mod scan;
mod tables;

use std::collections::VecDeque;
use std::io;

use super::byte_reader::ByteReader;
use super::stream::{Demuxer, Next, Packet, PacketEnd, Stream};
use crate::limits::{Options, PACKET_FRAMES_MAX};
use crate::track::can_open;
use crate::track_choice::TrackPlace;
use crate::trim::Trim;
use clock::Clock;
use elementary_stream::{ElementaryStream, Frame};
use frame::Format;
use packet::{Layout, Packets};

/// Name of the file format in error messages.
pub const FAMILY: &str = "MPEG-TS";
/// Maximum number of packets that one call reads.
const PACKETS_PER_CALL: usize = 1_024;

pub fn is_mpeg_ts(head: &[u8]) -> bool {
    Layout::detect(head).is_some()
}

pub fn open(
    mut reader: ByteReader,
    head: &[u8],
    options: &Options,
) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    let layout = Layout::detect(head).ok_or(io::ErrorKind::InvalidData)?;
    let scan::Chosen { pid, coding, format, params, place, late_ns } =
        scan::choose(&mut reader, layout, options)?;
    let stream = Stream { params, trim: Trim::none(), duration_s: None, counted_s: None };
    let demuxer = MpegTs {
        reader,
        packets: Packets::new(layout),
        options: *options,
        pid,
        stream: ElementaryStream::new(coding),
        place,
        format,
        clock: Clock::default(),
        ready: VecDeque::from_iter((late_ns > 0).then_some(Next::Late(late_ns))),
        has_ended: false,
    };
    Ok((stream, Box::new(demuxer)))
}

// --- internal ---

struct MpegTs {
    reader: ByteReader,
    packets: Packets,
    options: Options,
    pid: u16,
    stream: ElementaryStream,
    place: TrackPlace,
    /// Format of the decoder.
    format: Format,
    clock: Clock,
    ready: VecDeque<Next>,
    has_ended: bool,
}

impl Demuxer for MpegTs {
    fn place(&self) -> TrackPlace {
        self.place
    }

    fn next(&mut self) -> io::Result<Next> {
        for _ in 0..PACKETS_PER_CALL {
            if let Some(next) = self.ready.pop_front() {
                return Ok(next);
            }
            if let Some(frame) = self.stream.next() {
                self.add(frame);
                continue;
            }
            if self.has_ended {
                return Ok(Next::End);
            }
            if self.packets.are_over(&self.reader) {
                self.stream.finish();
                self.has_ended = true;
                continue;
            }
            match self.packets.next(&mut self.reader)? {
                Some(packet) if packet.pid == self.pid => self.stream.push(&packet),
                Some(_) => {}
                None => return Ok(Next::Nothing),
            }
        }
        Ok(Next::Nothing)
    }
}

impl MpegTs {
    /// Adds a frame to `ready`. Silence precedes it if frames were lost. If the format changes to one
    /// that cannot be decoded, silence replaces the frame.
    fn add(&mut self, frame: Frame) {
        let Frame { mut data, header, time, has_lost } = frame;
        let rate = header.format.sample_rate;
        let mut lost = self.clock.add(time, has_lost, header.samples, rate);
        while lost > 0 {
            let frames = lost.min(PACKET_FRAMES_MAX);
            self.ready.push_back(silence(frames));
            lost -= frames;
        }
        if !self.format.decodes(header.format) {
            match self.stream_of(header.format) {
                Some(stream) => {
                    self.format = header.format;
                    self.ready.push_back(Next::Stream(Box::new(stream)));
                }
                None => data = Box::default(),
            }
        }
        let frames = Some(header.samples);
        let packet = Packet { data, frames, end: PacketEnd::Audible };
        self.ready.push_back(Next::Packet(packet));
    }

    fn stream_of(&self, format: Format) -> Option<Stream> {
        let params = format.params(FAMILY).ok()?;
        let stream = Stream { params, trim: Trim::none(), duration_s: None, counted_s: None };
        can_open(&stream.params, FAMILY, &self.options).then_some(stream)
    }
}

/// Returns an empty packet. The decoder reports it as damaged, so it becomes silence.
fn silence(frames: u64) -> Next {
    Next::Packet(Packet { frames: Some(frames), ..Packet::default() })
}
