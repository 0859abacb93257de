//! Defines the interface of every container reader. A reader returns the audio track, then one
//! packet after the other.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;

use crate::status::Error;
use crate::trim::Trim;

use crate::track_choice::TrackPlace;

/// Maximum size of a packet in bytes. A FLAC block of 65,535 frames with eight channels is smaller.
pub const PACKET_BYTES_MAX: u64 = 4 << 20;
/// Maximum size of a codec's configuration in bytes.
pub const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// Maximum time in nanoseconds by which audio may start later than the video: four hours. A longer
/// time is a damaged value, so it is ignored.
pub const LATE_NS_MAX: u64 = 4 * 3_600 * 1_000_000_000;

/// The audio track of a container.
#[derive(Debug)]
pub struct Stream {
    pub params: AudioCodecParameters,
    /// The ranges of audible frames. Frames are counted at the sample rate in `params`.
    pub trim: Trim,
    pub duration_s: Option<f64>,
    /// Number of audible seconds that the reader has counted. The file contains at least this much
    /// audio. `None` if the reader cannot count the audio. The declared duration may be larger, for
    /// example in a truncated file.
    pub counted_s: Option<f64>,
}

#[derive(Debug, Default)]
pub struct Packet {
    pub data: Box<[u8]>,
    /// Number of decoded frames in the packet; `None` if the container does not declare it.
    pub frames: Option<u64>,
    pub end: PacketEnd,
}

/// The end of the audible frames of a packet, as the container declares it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PacketEnd {
    #[default]
    Audible,
    /// Number of frames at the end of the packet that are padding.
    Padding(u64),
    /// Position in the stream, in frames, at which the packet ends.
    At(u64),
    /// Position in the stream, in frames, at which the audible frames end. It is within this
    /// packet.
    StreamEndsAt(u64),
}

#[derive(Debug)]
pub enum Next {
    Packet(Packet),
    /// The audio starts this number of nanoseconds later than the video. It precedes the first
    /// packet.
    Late(u64),
    /// Another stream follows in the same file, as in a chained Ogg file.
    Stream(Box<Stream>),
    /// The reader found no packet yet. The caller can do other work and then call again.
    Nothing,
    End,
}

pub trait Demuxer: Send {
    fn next(&mut self) -> io::Result<Next>;

    /// Returns the position of the chosen audio track among the audio tracks of the file.
    fn place(&self) -> TrackPlace {
        TrackPlace::ONLY
    }

    /// Returns whether another stream may follow the current stream.
    fn is_chained(&self) -> bool {
        false
    }
}

pub fn invalid(reason: impl std::fmt::Display) -> io::Error {
    io::Error::other(Error::invalid(reason))
}

/// Adds the chosen track to an error.
pub fn on_track(error: io::Error, place: TrackPlace) -> io::Error {
    match error.downcast::<Error>() {
        Ok(error) => io::Error::other(error.on_track(place)),
        Err(error) => error,
    }
}

pub fn unsupported(found: impl std::fmt::Display) -> io::Error {
    io::Error::other(Error::unsupported(found))
}
