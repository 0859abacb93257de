//! Detects the container of a file by its content and reads its packets. Each container has its own
//! reader. A reader holds only the current packet in memory, even if the file is long.

mod aiff;
mod alac;
mod au;
mod blocks;
mod byte_reader;
mod caf;
pub mod channel_layout;
mod elementary;
mod esds;
mod flac_end;
mod float_range;
mod foreign;
mod matroska;
mod mp3_gapless;
mod mp4;
mod mpeg_ts;
mod ogg;
pub mod stream;
mod tags;
mod vorbis;
mod wav;

use std::io::{self, Read, Seek};
use std::sync::Arc;

use crate::limits::{Guard, Options};
use crate::probe;
use crate::source::Source;
use crate::status::{Error, Result, Status};
use crate::track_choice::TrackPlace;
use byte_reader::ByteReader;
use stream::{Demuxer, Next, Stream};

pub struct Container {
    name: &'static str,
    /// Name of the container for error messages.
    family: &'static str,
    demuxer: Box<dyn Demuxer>,
    /// Name of the ffmpeg demuxer that can read the file; `None` if there is none.
    foreign_demuxer: Option<&'static str>,
    guard: Arc<Guard>,
    /// Whether the reader has returned a packet.
    has_packet: bool,
}

impl Container {
    pub fn open(
        source: Source,
        guard: &Arc<Guard>,
        options: &Options,
    ) -> Result<(Container, Stream)> {
        let unreadable = |error| read_error(error, guard);
        let mut source = tags::without_lead(source).map_err(unreadable)?;
        let head = &*read_head(&mut source).map_err(unreadable)?;
        let foreign_demuxer = foreign::demuxer(head);
        let failed = |error| read_error(error, guard).for_demuxer(foreign_demuxer);
        let (name, family, stream, demuxer) = if wav::is_wav(head) {
            named("wav", wav::open(ByteReader::new(source)))
        } else if mp4::is_mp4(head) {
            let family = mp4::family(head);
            let (stream, demuxer) =
                mp4::open(ByteReader::new(source), family, options).map_err(failed)?;
            Ok(("mp4", family, stream, demuxer))
        } else if matroska::is_matroska(head) {
            named("matroska", matroska::open(ByteReader::new(source), options))
        } else if ogg::is_ogg(head) {
            named("ogg", ogg::open(ByteReader::new(source)))
        } else if aiff::is_aiff(head) {
            named("aiff", aiff::open(ByteReader::new(source)))
        } else if au::is_au(head) {
            named("au", au::open(ByteReader::new(source)))
        } else if caf::is_caf(head) {
            named("caf", caf::open(ByteReader::new(source)))
        } else if mpeg_ts::is_mpeg_ts(head) {
            let opened = mpeg_ts::open(ByteReader::new(source), head, options);
            let (stream, demuxer) = opened.map_err(failed)?;
            Ok(("mpegts", mpeg_ts::FAMILY, stream, demuxer))
        } else if matroska::is_continuation(head) {
            return Err(Error::invalid(matroska::NO_BEGINNING));
        } else if let Some(name) = probe::undecodable(head) {
            return Err(Error::unsupported(name).for_demuxer(foreign_demuxer));
        } else {
            let opened = elementary::open(source, head);
            opened.map(|(name, stream, demuxer)| (name, name, stream, demuxer))
        }
        .map_err(failed)?;
        options.track.check(demuxer.place())?;
        let container = Container {
            name,
            family,
            demuxer,
            foreign_demuxer,
            guard: Arc::clone(guard),
            has_packet: false,
        };
        Ok((container, stream))
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn family(&self) -> &'static str {
        self.family
    }

    /// Adds to an error of the codec how ffmpeg can read the track.
    pub fn with_foreign(&self, error: Error) -> Error {
        error.for_demuxer(self.foreign_demuxer).on_track(self.place())
    }

    /// Returns the position of the chosen audio track among the audio tracks of the file.
    pub fn place(&self) -> TrackPlace {
        self.demuxer.place()
    }

    /// Returns whether another stream may follow the current stream.
    pub fn is_chained(&self) -> bool {
        self.demuxer.is_chained()
    }

    pub fn next(&mut self) -> Result<Next> {
        match self.demuxer.next() {
            Ok(next) => {
                self.has_packet |= matches!(next, Next::Packet(_));
                Ok(next)
            }
            // The file is truncated, so the audio ends at the end of the file.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.guard.check().map(|()| Next::End)
            }
            // The reader found no packet after the damage, so the audio ends at the damage.
            Err(error) => match read_error(error, &self.guard) {
                Error { status: Status::Invalid, .. } if self.has_packet => Ok(Next::End),
                error => Err(error),
            },
        }
    }
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Container").field("name", &self.name).finish_non_exhaustive()
    }
}

// --- internal ---

type Opened = (Stream, Box<dyn Demuxer>);

fn named(
    name: &'static str,
    opened: io::Result<Opened>,
) -> io::Result<(&'static str, &'static str, Stream, Box<dyn Demuxer>)> {
    opened.map(|(stream, demuxer)| (name, name, stream, demuxer))
}

fn read_head(source: &mut Source) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    source.take(probe::HEAD_BYTES as u64).read_to_end(&mut head)?;
    source.rewind()?;
    Ok(head)
}

/// Converts a read error. If a check of `guard` failed, for example because a limit was exceeded,
/// that failure caused the read error. Then returns the error of the check.
fn read_error(error: io::Error, guard: &Guard) -> Error {
    if let Err(error) = guard.check() {
        return error;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => return Error::invalid("it ends too early"),
        io::ErrorKind::InvalidData => return Error::invalid("its structure is damaged"),
        io::ErrorKind::InvalidInput => {
            return Error::invalid("it refers to a position outside of the file");
        }
        _ => {}
    }
    error.downcast::<Error>().unwrap_or_else(|error| Error::io("read", &error))
}
