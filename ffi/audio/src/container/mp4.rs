//! Reads ISO base media files and QuickTime files: mp4, m4a, mov and 3gp, complete or fragmented.

mod boxes;
mod edit_list;
mod fragment_start;
mod fragments;
mod gapless;
mod movie;
mod sample_entry;
mod sample_table;

use std::io;

use super::blocks::Coding;
use super::byte_reader::ByteReader;
use super::stream::{
    Demuxer, LATE_NS_MAX, Next, PACKET_BYTES_MAX, Packet, PacketEnd, Stream, invalid, on_track,
};
use crate::limits::Options;
use crate::probe;
use crate::track_choice::TrackPlace;
use crate::trim::Trim;
use boxes::BoxHeader;
use edit_list::{Timescales, to_frames};
use fragments::Fragments;
use movie::{Movie, Track};
use sample_table::SampleTable;

/// Maximum number of top-level boxes that are read before the first sample.
const BOXES_MAX: usize = 12;
const NS_PER_SECOND: u32 = 1_000_000_000;

pub fn is_mp4(head: &[u8]) -> bool {
    match head.get(4..8) {
        _ if probe::image(head).is_some() => false,
        Some(b"ftyp" | b"styp" | b"moov" | b"mdat" | b"moof" | b"wide" | b"pnot") => true,
        Some(b"free" | b"skip") => head.starts_with(&[0, 0]),
        _ => false,
    }
}

/// Returns the name of the file format for error messages. The major brand of the file determines
/// it.
pub fn family(head: &[u8]) -> &'static str {
    match head.get(4..11) {
        Some(b"ftyp3gp" | b"ftyp3g2") => "3GP",
        Some(b"ftypM4A" | b"ftypM4B") => "M4A",
        Some([b'f', b't', b'y', b'p', b'q', b't', b' ']) => "QuickTime",
        Some([b'f' | b's', b't', b'y', b'p', ..]) => "MP4",
        _ => "QuickTime",
    }
}

pub fn open(
    mut reader: ByteReader,
    family: &str,
    options: &Options,
) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    let Some((movie, choice)) = Movie::read(&mut reader, family, options)? else {
        return Err(invalid(format_args!("this {family} file has no movie header")));
    };
    let Some(((track, codec), place)) = choice.finish()? else {
        return Err(invalid(format_args!("this {family} file has no audio track")));
    };
    let codec = codec.map_err(|error| on_track(error, place))?;
    let rate = codec.params.sample_rate.unwrap_or_default();
    let outline = Outline::read(&mut reader)?;
    let mut trim = trim(&movie, &track, rate, codec.priming)?.after_delay(codec.delay);
    let mut starts = [None; 2];
    if outline.has_fragments {
        // The movie box may describe only the first samples. The fragments then describe the later
        // samples.
        trim = trim.with_open_end();
        if track.duration == 0 {
            let video = movie.video.as_ref().map_or(track.id, |video| video.id);
            starts = match fragment_start::find(&mut reader, movie.end, [track.id, video]) {
                Err(error) if is_damage(&error) => starts,
                found => found?,
            };
        }
        let [start, _] = starts;
        trim = trim.starting_at(to_frames(start.unwrap_or_default(), track.timescale, rate));
    }
    let seconds = track.duration as f64 / f64::from(track.timescale.max(1));
    let audible_s = trim.audible_in(to_frames(track.duration, track.timescale, rate)) as f64
        / f64::from(rate.max(1));
    let counted_s = outline.is_whole.then_some(audible_s);
    let late_ns = late_ns(&movie, &track, starts);
    let late_s = late_ns as f64 / 1e9;
    let duration_s = (seconds > 0.0 && !outline.has_fragments).then_some(seconds + late_s);
    let counted_s = counted_s.map(|seconds| seconds + late_s);
    let stream = Stream { params: codec.params, trim, duration_s, counted_s };
    let sizes = movie.default_sizes.iter().find(|(id, _)| *id == track.id);
    let default_size = sizes.map_or(0, |(_, size)| *size);
    let fragments = Fragments::new(track.id, default_size, movie.end);
    let demuxer =
        Mp4 { reader, samples: track.samples, fragments, coding: codec.coding, place, late_ns };
    Ok((stream, Box::new(demuxer)))
}

// --- internal ---

struct Mp4 {
    reader: ByteReader,
    samples: SampleTable,
    fragments: Fragments,
    coding: Option<Coding>,
    place: TrackPlace,
    /// Time in nanoseconds from the start of the video to the start of the audio, until it was
    /// returned.
    late_ns: u64,
}

impl Demuxer for Mp4 {
    fn place(&self) -> TrackPlace {
        self.place
    }

    fn next(&mut self) -> io::Result<Next> {
        match std::mem::take(&mut self.late_ns) {
            0 => {}
            late_ns => return Ok(Next::Late(late_ns)),
        }
        let reader = &mut self.reader;
        let extent = match self.samples.next(reader, self.coding)? {
            None => self.fragments.next_sample(reader)?,
            extent => extent,
        };
        let Some(extent) = extent else {
            // If there is no sample yet, the call returns `Nothing`, because any number of
            // fragments may have no samples of this track.
            return Ok(if self.fragments.read_box(reader)? { Next::Nothing } else { Next::End });
        };
        if extent.bytes == 0 {
            return Ok(Next::Nothing);
        }
        reader.seek(extent.offset)?;
        let data = match extent.bytes {
            // A packet of this size is invalid, so it is replaced by an empty packet.
            bytes if bytes > PACKET_BYTES_MAX => Box::default(),
            bytes => reader.bytes(bytes, PACKET_BYTES_MAX)?,
        };
        let frames = self.coding.map(|_| extent.frames);
        Ok(Next::Packet(Packet { data, frames, end: PacketEnd::Audible }))
    }
}

/// Information from the top-level boxes of the file.
#[derive(Default)]
struct Outline {
    has_fragments: bool,
    /// Whether the file is complete: no box exceeds the end of the file. It is false for fragmented
    /// files and for files with too many boxes (`BOXES_MAX`).
    is_whole: bool,
}

impl Outline {
    fn read(reader: &mut ByteReader) -> io::Result<Outline> {
        let mut outline = Outline::default();
        reader.seek(0)?;
        for _ in 0..BOXES_MAX {
            let found = match BoxHeader::read(reader, u64::MAX) {
                Err(error) if is_damage(&error) => break,
                found => found?,
            };
            match found {
                None => outline.is_whole = true,
                Some(found) if &found.kind == b"moof" => outline.has_fragments = true,
                Some(found) if found.end <= reader.len() => {
                    reader.seek(found.end)?;
                    continue;
                }
                Some(_) => {}
            }
            break;
        }
        Ok(outline)
    }
}

fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// Returns the time in nanoseconds from the start of the video to the start of the audio; 0 if there
/// is no video, or if the audio starts first. `starts` are the starts of the first fragments of the
/// audio and of the video, if the file has fragments.
fn late_ns(movie: &Movie, audio: &Track, starts: [Option<u64>; 2]) -> u64 {
    let Some(video) = &movie.video else {
        return 0;
    };
    let [audio_start, video_start] = match starts {
        [Some(audio), Some(video)] => [audio, video],
        _ => [0, 0],
    };
    let start_ns = |track: &Track, fragment: u64| {
        let empty = to_frames(edit_list::start(&track.edits), movie.timescale, NS_PER_SECOND);
        let media = fragment.saturating_sub(edit_list::media_start(&track.edits));
        empty.saturating_add(to_frames(media, track.timescale, NS_PER_SECOND))
    };
    let late = start_ns(audio, audio_start).saturating_sub(start_ns(video, video_start));
    if late <= LATE_NS_MAX { late } else { 0 }
}

fn trim(movie: &Movie, track: &Track, rate: u32, priming: u64) -> io::Result<Trim> {
    let to_frames = |time: u64| to_frames(time, track.timescale, rate);
    let frames = to_frames(track.duration);
    Ok(match (&movie.gapless, track.edits.is_empty()) {
        (Some(gapless), true) => {
            let start = to_frames(gapless.delay);
            Trim::range(start, start.saturating_add(to_frames(gapless.frames)))
        }
        (None, true) if priming > 0 => {
            Trim::range(priming, if frames == 0 { u64::MAX } else { frames })
        }
        _ => {
            let timescales = Timescales { movie: movie.timescale, track: track.timescale };
            edit_list::trim(&track.edits, timescales, rate, frames)?
        }
    })
}
