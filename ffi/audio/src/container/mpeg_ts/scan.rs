//! Reads the start of an MPEG transport stream, and chooses the audio track.

use std::io;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;

use super::FAMILY;
use super::clock;
use super::elementary_stream::{ElementaryStream, time_of};
use super::frame::{Coding, Format};
use super::kind::Kind;
use super::packet::{Layout, Packet, Packets};
use super::tables::{PROGRAMS_PID, Sections, programs, streams};
use crate::container::byte_reader::ByteReader;
use crate::container::stream::{invalid, on_track, unsupported};
use crate::limits::Options;
use crate::track::can_open;
use crate::track_choice::{Quality, TrackChoice, TrackPlace};

/// Number of bytes in which the tables, and the first frame of each track, must start.
const SCAN_BYTES_MAX: u64 = 16 << 20;
/// Maximum numbers of programs and of streams.
const PROGRAMS_MAX: usize = 64;
const STREAMS_MAX: usize = 256;

/// The chosen audio track.
#[derive(Debug)]
pub struct Chosen {
    pub pid: u16,
    pub coding: Coding,
    /// Format of the first frame, and its decoding parameters.
    pub format: Format,
    pub params: AudioCodecParameters,
    pub place: TrackPlace,
    /// Time in nanoseconds from the start of the video to the start of the audio.
    pub late_ns: u64,
}

pub fn choose(reader: &mut ByteReader, layout: Layout, options: &Options) -> io::Result<Chosen> {
    let mut scan = Scan::default();
    let mut packets = Packets::new(layout);
    while packets.position() < SCAN_BYTES_MAX && !packets.are_over(reader) && !scan.is_complete() {
        if let Some(packet) = packets.next(reader)? {
            scan.push(&packet);
        }
    }
    scan.finish();
    let mut choice = TrackChoice::new(options.track);
    for audio in &scan.audio {
        let first = audio.first.ok_or_else(|| audio.error());
        let params = first.as_ref().ok().and_then(|first| first.format.params(FAMILY).ok());
        let channels = params.as_ref().and_then(|params| params.channels.as_ref());
        let quality = Quality {
            is_decodable: params.as_ref().is_some_and(|params| can_open(params, FAMILY, options)),
            is_default: true,
            channels: channels.map_or(0, Channels::count),
        };
        choice.add((audio, first), quality);
    }
    let none = || invalid(format_args!("this {FAMILY} file has no audio track"));
    let ((audio, first), place) = choice.finish()?.ok_or_else(none)?;
    let (First { format, time }, coding) = match (first, audio.kind) {
        (Ok(first), Kind::Audio(coding)) => (first, coding),
        (Ok(_), _) => return Err(on_track(audio.error(), place)),
        (Err(error), _) => return Err(on_track(error, place)),
    };
    let params = format.params(FAMILY).map_err(|error| on_track(io::Error::other(error), place))?;
    let video = scan.video.iter().find(|video| video.program == audio.program);
    let late_ns = match (time, video.and_then(|video| video.time)) {
        (Some(audio), Some(video)) => clock::late_ns(audio, video),
        _ => 0,
    };
    Ok(Chosen { pid: audio.pid, coding, format, params, place, late_ns })
}

// --- internal ---

#[derive(Default)]
struct Scan {
    list: Sections,
    has_list: bool,
    programs: Vec<Program>,
    audio: Vec<Audio>,
    video: Vec<Video>,
}

struct Program {
    pid: u16,
    sections: Sections,
    has_streams: bool,
}

struct Audio {
    program: u16,
    pid: u16,
    kind: Kind,
    stream: Option<ElementaryStream>,
    first: Option<First>,
}

/// The first frame of a track.
#[derive(Clone, Copy)]
struct First {
    format: Format,
    time: Option<u64>,
}

/// The first video stream of a program.
struct Video {
    program: u16,
    pid: u16,
    /// Time of the first picture.
    time: Option<u64>,
}

impl Audio {
    fn error(&self) -> io::Error {
        match self.kind {
            Kind::Unsupported(name) => unsupported(format_args!("{name} in {FAMILY}")),
            _ if self.stream.as_ref().is_some_and(ElementaryStream::is_scrambled) => {
                unsupported(format_args!("encrypted audio in {FAMILY}"))
            }
            _ => invalid("its audio track has no frames"),
        }
    }

    fn read_first(&mut self) {
        if let Some(frame) = self.stream.as_mut().and_then(ElementaryStream::next) {
            let first = First { format: frame.header.format, time: frame.time };
            self.first.get_or_insert(first);
        }
    }
}

impl Scan {
    /// Returns whether all tables, the first frame of each track and the first picture of each
    /// program were read.
    fn is_complete(&self) -> bool {
        let has_first = |audio: &Audio| audio.first.is_some() || audio.stream.is_none();
        self.has_list
            && self.programs.iter().all(|program| program.has_streams)
            && self.audio.iter().all(has_first)
            && self.video.iter().all(|video| video.time.is_some())
    }

    fn push(&mut self, packet: &Packet) {
        if packet.pid == PROGRAMS_PID {
            self.read_list(packet);
        }
        for index in 0..self.programs.len() {
            self.read_streams(packet, index);
        }
        for audio in self.audio.iter_mut().filter(|audio| audio.pid == packet.pid) {
            if audio.first.is_none()
                && let Some(stream) = &mut audio.stream
            {
                stream.push(packet);
                audio.read_first();
            }
        }
        for video in self.video.iter_mut().filter(|video| video.pid == packet.pid) {
            video.time = video.time.or_else(|| time_of(packet));
        }
    }

    /// Processes the end of the file. A track may consist of a single frame.
    fn finish(&mut self) {
        for audio in self.audio.iter_mut().filter(|audio| audio.first.is_none()) {
            audio.stream.iter_mut().for_each(ElementaryStream::finish);
            audio.read_first();
        }
    }

    fn read_list(&mut self, packet: &Packet) {
        let Scan { list, has_list, programs: found, .. } = self;
        list.push(packet, |table, content| {
            for pid in programs(table, content) {
                *has_list = true;
                let is_known = found.iter().any(|program| program.pid == pid);
                if !is_known && found.len() < PROGRAMS_MAX {
                    found.push(Program { pid, sections: Sections::default(), has_streams: false });
                }
            }
        });
    }

    fn read_streams(&mut self, packet: &Packet, index: usize) {
        let Scan { programs, audio, video, .. } = self;
        let Some(program) = programs.get_mut(index) else {
            return;
        };
        let Program { pid: own, sections, has_streams } = program;
        if packet.pid != *own || *has_streams {
            return;
        }
        sections.push(packet, |table, content| {
            for (pid, kind) in streams(table, content).unwrap_or_default() {
                *has_streams = true;
                let stream = match kind {
                    Kind::Audio(coding) => Some(ElementaryStream::new(coding)),
                    _ => None,
                };
                match kind {
                    Kind::Audio(_) | Kind::Unsupported(_)
                        if audio.len() < STREAMS_MAX
                            && audio.iter().all(|audio| audio.pid != pid) =>
                    {
                        audio.push(Audio { program: *own, pid, kind, stream, first: None });
                    }
                    Kind::Video if video.iter().all(|video| video.program != *own) => {
                        video.push(Video { program: *own, pid, time: None });
                    }
                    _ => {}
                }
            }
        });
    }
}
