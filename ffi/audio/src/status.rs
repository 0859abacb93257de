//! Defines the errors of the C interface. An error has a status and a message of one sentence.

use std::fmt;

use crate::track_choice::TrackPlace;

/// The values of `enum asr_audio_status` in `asr_audio.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    BadArgument = -1,
    Unsupported = -2,
    Invalid = -3,
    Limit = -4,
    Cancelled = -5,
    Io = -6,
    Internal = -7,
    TooLong = -8,
    TooManyChannels = -9,
    BadRate = -10,
    TooManySamples = -11,
    TooSlow = -12,
    TooMuchMemory = -13,
    NoTrack = -15,
    NoChannel = -16,
}

/// A failed call.
#[derive(Clone, Debug)]
pub struct Error {
    pub status: Status,
    pub message: String,
    /// If the status is `Unsupported`: the name of the ffmpeg demuxer that can read the container;
    /// `None` if there is none.
    pub demuxer: Option<&'static str>,
    /// If the status is `Unsupported`: the chosen track; `None` if the tracks are unknown.
    pub place: Option<TrackPlace>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Error { status, message: message.into(), demuxer: None, place: None }
    }

    pub fn unsupported(found: impl fmt::Display) -> Self {
        Error::new(
            Status::Unsupported,
            format!("Cannot decode {found}: accepted are {}", crate::probe::ACCEPTED),
        )
    }

    /// Adds the demuxer of ffmpeg that can read the container, if the error says that the format is
    /// not supported.
    pub fn for_demuxer(mut self, demuxer: Option<&'static str>) -> Self {
        self.demuxer = demuxer.filter(|_| self.status == Status::Unsupported);
        self
    }

    /// Adds the chosen track.
    pub fn on_track(mut self, place: TrackPlace) -> Self {
        self.place = Some(place);
        self
    }

    pub fn invalid(reason: impl fmt::Display) -> Self {
        Error::new(Status::Invalid, format!("Cannot decode the audio file: {reason}"))
    }

    pub fn limit(reason: impl fmt::Display) -> Self {
        Error::refused(Status::Limit, reason)
    }

    /// Returns the error for a file that exceeds a limit that the caller has set.
    pub fn refused(status: Status, reason: impl fmt::Display) -> Self {
        Error::new(status, format!("Cannot decode the audio file: {reason}"))
    }

    pub fn io(action: &str, error: &std::io::Error) -> Self {
        Error::new(Status::Io, format!("Cannot {action} the audio file: {error}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
