//! Reads the movie box: the tracks and the positions of their sample tables. The memory does not
//! grow with the file.

use std::io;

use symphonia::core::audio::Channels;

use super::boxes::{BoxHeader, version_and_flags};
use super::edit_list::{self, Edit};
use super::gapless::{self, Gapless};
use super::sample_entry::{SampleCodec, SampleEntry};
use super::sample_table::SampleTable;
use crate::container::byte_reader::ByteReader;
use crate::limits::Options;
use crate::track::can_open;
use crate::track_choice::{Quality, TrackChoice};

const TRACKS_MAX: usize = 1 << 8;
const TIME_RUNS_MAX: u32 = 1 << 16;

#[derive(Debug, Default)]
pub struct Movie {
    pub timescale: u32,
    /// The first video track, without its sample entry.
    pub video: Option<Track>,
    tracks: usize,
    /// Default sample sizes in fragments, as pairs of track id and size in bytes.
    pub default_sizes: Vec<(u32, u32)>,
    pub gapless: Option<Gapless>,
    /// End of the movie box.
    pub end: u64,
}

/// The audio tracks of a movie with their decoding parameters.
pub type Choice = TrackChoice<(Track, io::Result<SampleCodec>)>;

#[derive(Debug, Default)]
pub struct Track {
    pub id: u32,
    pub enabled: bool,
    pub audio: bool,
    pub video: bool,
    pub timescale: u32,
    /// Duration in units of the timescale; 0 if it is unknown.
    pub duration: u64,
    pub edits: Vec<Edit>,
    pub entry: SampleEntry,
    pub samples: SampleTable,
}

impl Movie {
    /// Finds and reads the movie box. Returns `None` if the file has no movie box.
    pub fn read(
        reader: &mut ByteReader,
        family: &str,
        options: &Options,
    ) -> io::Result<Option<(Movie, Choice)>> {
        reader.seek(0)?;
        while let Some(found) = BoxHeader::read(reader, reader.len())? {
            if &found.kind == b"moov" {
                let mut movie = Movie { end: found.end, ..Movie::default() };
                let mut choice = TrackChoice::new(options.track);
                movie.read_children(reader, found, &mut |track: Track| {
                    let codec = track.entry.codec(family);
                    let params = codec.as_ref().ok().map(|codec| &codec.params);
                    let channels = params.and_then(|params| params.channels.as_ref());
                    let quality = Quality {
                        is_decodable: params
                            .is_some_and(|params| can_open(params, family, options)),
                        is_default: track.enabled,
                        channels: channels.map_or(0, Channels::count),
                    };
                    choice.add((track, codec), quality);
                })?;
                return Ok(Some((movie, choice)));
            }
            reader.seek(found.end)?;
        }
        Ok(None)
    }

    fn read_children(
        &mut self,
        reader: &mut ByteReader,
        movie: BoxHeader,
        add_audio: &mut dyn FnMut(Track),
    ) -> io::Result<()> {
        movie.children(reader, |reader, child| {
            match &child.kind {
                b"mvhd" => self.timescale = read_timescale(reader)?,
                b"trak" if self.tracks < TRACKS_MAX => {
                    self.tracks += 1;
                    let mut track = Track::default();
                    track.read_children(reader, child, 0)?;
                    if track.audio {
                        add_audio(track);
                    } else if track.video && self.video.is_none() {
                        self.video = Some(Track { entry: SampleEntry::default(), ..track });
                    }
                }
                b"mvex" => child.children(reader, |reader, child| {
                    if &child.kind == b"trex" && self.default_sizes.len() < TRACKS_MAX {
                        let [_, id, _, _, size, _] = read_fields(reader)?;
                        self.default_sizes.push((id, size));
                    }
                    Ok(())
                })?,
                // Errors in user data are ignored, because user data is often damaged.
                b"udta" => self.gapless = gapless::read(reader, child).unwrap_or_default(),
                _ => {}
            }
            Ok(())
        })
    }
}

impl Track {
    fn read_children(
        &mut self,
        reader: &mut ByteReader,
        parent: BoxHeader,
        depth: u8,
    ) -> io::Result<()> {
        parent.children(reader, |reader, child| {
            match &child.kind {
                b"edts" | b"mdia" | b"minf" | b"stbl" if depth < 4 => {
                    self.read_children(reader, child, depth + 1)?;
                }
                b"tkhd" => {
                    let (version, flags) = version_and_flags(reader)?;
                    self.enabled = flags & 1 != 0;
                    // Skips the times of creation and modification.
                    reader.skip(if version == 1 { 16 } else { 8 })?;
                    self.id = reader.u32_be()?;
                }
                b"mdhd" => self.timescale = read_timescale(reader)?,
                b"hdlr" => {
                    // The fields are: version and flags, component type, subtype. The subtype is
                    // the kind of the track. QuickTime files have a second handler box with another
                    // subtype.
                    let [_, _, kind] = read_fields(reader)?;
                    self.audio |= kind.to_be_bytes() == *b"soun";
                    self.video |= kind.to_be_bytes() == *b"vide";
                }
                b"elst" => self.edits = edit_list::read(reader)?,
                b"stsd" => self.entry = SampleEntry::read(reader, child)?,
                b"stts" => {
                    let [_, count] = read_fields(reader)?;
                    let mut duration = 0u64;
                    for _ in 0..count.min(TIME_RUNS_MAX) {
                        let [samples, delta] = read_fields(reader)?;
                        let run = u64::from(samples) * u64::from(delta);
                        duration = duration.saturating_add(run);
                    }
                    self.duration = if count > TIME_RUNS_MAX { 0 } else { duration };
                }
                _ => self.samples.read_box(reader, child)?,
            }
            Ok(())
        })
    }
}

/// Reads the timescale of a movie header or media header. The timescale follows the times of
/// creation and modification.
fn read_timescale(reader: &mut ByteReader) -> io::Result<u32> {
    let (version, _) = version_and_flags(reader)?;
    reader.skip(if version == 1 { 16 } else { 8 })?;
    reader.u32_be()
}

fn read_fields<const N: usize>(reader: &mut ByteReader) -> io::Result<[u32; N]> {
    let mut fields = [0; N];
    for field in &mut fields {
        *field = reader.u32_be()?;
    }
    Ok(fields)
}
