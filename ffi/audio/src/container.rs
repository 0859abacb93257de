//! The container of a file, opened within the limits.

use std::sync::{Arc, LazyLock};

use symphonia::core::errors::Error as MediaError;
use symphonia::core::formats::probe::{Hint, Probe, ProbeOptions};
use symphonia::core::formats::well_known as format;
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::packet::Packet;

use crate::limits::Guard;
use crate::mp4_edit_list::{Movie, Mp4Track};
use crate::probe;
use crate::source::Source;
use crate::status::{Error, Result, Status};

/// Bytes searched for the first mp3 or ADTS frame.
const JUNK_BYTES_MAX: u32 = 128 << 10;

static PROBE: LazyLock<Probe> = LazyLock::new(|| {
    let options = ProbeOptions { max_probe_depth: JUNK_BYTES_MAX, ..ProbeOptions::default() };
    let mut probe = Probe::new_with_options(&options);
    symphonia::default::register_enabled_formats(&mut probe);
    probe
});

pub struct Container {
    reader: Box<dyn FormatReader>,
    /// Of an ISO base media file: what its reader leaves out.
    movie: Option<Movie>,
    family: &'static str,
}

impl Container {
    pub fn open(mut source: Source, head: &[u8], guard: &Arc<Guard>) -> Result<Container> {
        let mut movie = None;
        let mut family = "";
        if probe::is_mp4(head) {
            // A damaged movie box is the reader's to report.
            movie = Some(Movie::read(&mut source).unwrap_or_default());
            family = probe::mp4_family(head);
            guard.check()?;
            std::io::Seek::rewind(&mut source).map_err(|error| Error::io("read", &error))?;
        }
        let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
        let reader = PROBE
            .probe(&Hint::new(), stream, Default::default(), Default::default())
            .map_err(|error| match error {
                MediaError::Unsupported(reason) if reason.contains("no suitable format") => {
                    guard.check().err().unwrap_or_else(|| Error::unsupported("this kind of file"))
                }
                error => media_error(error, guard),
            })?;
        Ok(Container { reader, movie, family })
    }

    pub fn name(&self) -> &'static str {
        match self.reader.format_info().format {
            format::FORMAT_ID_WAVE => "wav",
            format::FORMAT_ID_ISOMP4 => "mp4",
            format::FORMAT_ID_MKV => "matroska",
            format::FORMAT_ID_ADTS => "adts",
            _ => self.reader.format_info().short_name,
        }
    }

    pub fn next_packet(&mut self) -> std::result::Result<Option<Packet>, MediaError> {
        self.reader.next_packet()
    }

    /// The default audio track, or the first one.
    pub fn audio_track(&self) -> Result<&Track> {
        let enabled = self.mp4_audio_tracks().find(|track| track.enabled);
        enabled
            .and_then(|enabled| self.reader.tracks().iter().find(|track| track.id == enabled.id))
            .filter(|track| track.track_type() == Some(TrackType::Audio))
            .or_else(|| self.reader.default_track(TrackType::Audio))
            .ok_or_else(|| self.no_track_error())
    }

    /// What the movie box says about a track of an ISO base media file.
    pub fn movie_of(&self, track: &Track) -> Option<(&Movie, &Mp4Track)> {
        let movie = self.movie.as_ref()?;
        let found = movie.tracks.iter().find(|found| found.id == track.id)?;
        Some((movie, found))
    }

    /// The length of the whole, for tracks that do not tell theirs.
    pub fn duration_s(&self) -> Option<f64> {
        let info = self.reader.media_info();
        Some(info.time_base?.calc_duration(info.duration?)?.as_secs_f64())
    }

    /// Where a codec was found, for messages.
    pub fn family(&self) -> &'static str {
        if self.family.is_empty() { self.name() } else { self.family }
    }

    fn mp4_audio_tracks(&self) -> impl Iterator<Item = &Mp4Track> {
        self.movie.iter().flat_map(|movie| &movie.tracks).filter(|track| track.audio)
    }

    fn no_track_error(&self) -> Error {
        let family = self.family();
        if let Some(track) = self.mp4_audio_tracks().next() {
            let codec = probe::mp4_codec(track.format);
            return Error::unsupported(format_args!("{codec} in {family}"));
        }
        let unknown = |track: &Track| track.track_type().is_none();
        if self.reader.tracks().iter().any(unknown) {
            return Error::unsupported(format_args!("an unknown codec in {family}"));
        }
        Error::invalid(format_args!("this {family} file has no audio track"))
    }
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Container").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// A failure of the container library; a limit that caused it comes first.
pub fn media_error(error: MediaError, guard: &Guard) -> Error {
    if let Err(error) = guard.check() {
        return error;
    }
    match error {
        MediaError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::invalid("it ends too early")
        }
        // A seek to where no file reaches.
        MediaError::IoError(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            Error::invalid("it points outside of itself")
        }
        MediaError::IoError(error) => Error::io("read", &error),
        MediaError::DecodeError(reason) => Error::invalid(format_args!("it is damaged ({reason})")),
        MediaError::Unsupported(reason) => Error::unsupported(format_args!("this file ({reason})")),
        MediaError::LimitError(reason) => Error::limit(reason),
        MediaError::SeekError(_) => Error::invalid("it points outside of itself"),
        error => Error::new(Status::Internal, format!("Cannot decode the audio file: {error}")),
    }
}
