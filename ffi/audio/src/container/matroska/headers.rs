//! Reads the headers of a Matroska file before its first cluster. If the headers are damaged, the
//! reader continues at the tracks or at the first cluster or block.

use std::io;

use super::ebml::Element;
use super::track::{Track, TrackCodec};
use super::{CLUSTER, SEGMENT, resync};
use crate::container::byte_reader::ByteReader;
use crate::container::stream::{invalid, on_track};
use crate::limits::Options;
use crate::track::can_open;
use crate::track_choice::{Quality, TrackChoice, TrackPlace};

const TRACKS_MAX: usize = 1 << 8;
/// Maximum number of elements in the first two levels before the first cluster.
const HEADERS_MAX: usize = 1 << 12;

#[derive(Debug)]
pub struct Headers {
    /// The chosen audio track.
    pub track: Track,
    pub codec: TrackCodec,
    pub place: TrackPlace,
    /// Number of the first video track.
    pub video: Option<u64>,
    pub scale_ns: u64,
    pub duration: f64,
}

impl Headers {
    /// Reads the headers up to the start of the content of the first cluster.
    pub fn read(reader: &mut ByteReader, options: &Options) -> io::Result<Headers> {
        let choice = TrackChoice::new(options.track);
        let options = *options;
        let mut found =
            Found { options, choice, video: None, tracks: 0, scale_ns: 1_000_000, duration: 0.0 };
        let mut damage = None;
        for _ in 0..HEADERS_MAX {
            let start = reader.position();
            let read = match Element::read(reader, u64::MAX) {
                Ok(None) => break,
                Ok(Some(element)) if element.id == SEGMENT => continue,
                Ok(Some(element)) if element.id == CLUSTER => {
                    reader.seek(element.content)?;
                    break;
                }
                Ok(Some(element)) => found.read_element(reader, element),
                Err(error) => Err(error),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Other => {
                    damage.get_or_insert(error);
                    reader.seek(start + 1)?;
                    if found.resync(reader)? {
                        break;
                    }
                }
                read => read?,
            }
        }
        let Found { choice, video, scale_ns, duration, .. } = found;
        let none = || damage.unwrap_or_else(|| invalid("this matroska file has no audio track"));
        let ((track, codec), place) = choice.finish()?.ok_or_else(none)?;
        let codec = codec.map_err(|error| on_track(error, place))?;
        Ok(Headers { track, codec, place, video, scale_ns, duration })
    }
}

// --- internal ---

const INFO: u32 = 0x1549_a966;
const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
const DURATION: u32 = 0x4489;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;

struct Found {
    options: Options,
    choice: TrackChoice<(Track, io::Result<TrackCodec>)>,
    video: Option<u64>,
    tracks: usize,
    scale_ns: u64,
    duration: f64,
}

impl Found {
    /// Searches for a position at which the reader can continue after damage. If the tracks were
    /// not read yet, searches for the tracks or the first cluster. Otherwise, searches for the
    /// first cluster or the first block of the track. Returns true if it found a block. The header
    /// of the block's cluster is then missing.
    fn resync(&mut self, reader: &mut ByteReader) -> io::Result<bool> {
        let number = self.choice.current().map(|(track, _)| track.number);
        let found = reader.find(u64::MAX, resync::LOOKAHEAD, |bytes| match number {
            Some(number) => resync::is_cluster_or_block(bytes, Some(number)),
            None => resync::is_cluster(bytes) || bytes.starts_with(&TRACKS.to_be_bytes()),
        })?;
        Ok(found && number.is_some() && !reader.starts_with(&CLUSTER.to_be_bytes())?)
    }

    fn read_element(&mut self, reader: &mut ByteReader, element: Element) -> io::Result<()> {
        match element.id {
            id if !resync::is_known(id) && !resync::is_followed(reader, element)? => {
                return Err(invalid("it contains an unknown element"));
            }
            INFO => element.children(reader, |reader, child| {
                match child.id {
                    TIMESTAMP_SCALE => self.scale_ns = child.unsigned(reader)?,
                    DURATION => self.duration = child.float(reader)?,
                    _ => {}
                }
                Ok(())
            })?,
            TRACKS => element.children(reader, |reader, child| {
                if child.id == TRACK_ENTRY && self.tracks < TRACKS_MAX {
                    self.tracks += 1;
                    self.take(Track::read(reader, child)?);
                }
                Ok(())
            })?,
            _ => {}
        }
        reader.seek(element.end)
    }

    fn take(&mut self, track: Track) {
        if track.video {
            self.video.get_or_insert(track.number);
        }
        if !track.audio {
            return;
        }
        let codec = track.decodable();
        let params = codec.as_ref().ok().map(|codec| &codec.params);
        let quality = Quality {
            is_decodable: params.is_some_and(|params| can_open(params, "matroska", &self.options)),
            is_default: track.is_default(),
            channels: track.channels.into(),
        };
        self.choice.add((track, codec), quality);
    }
}
