//! The interface of every container: its audio track, then its packets one by one.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;

use crate::status::Error;
use crate::trim::Trim;

/// Maximum size of a packet: a FLAC block of 65,535 frames of eight channels fits.
pub const PACKET_BYTES_MAX: u64 = 4 << 20;
/// Maximum size of a codec's configuration.
pub const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// The audio track of a container.
#[derive(Debug)]
pub struct Stream {
    pub params: AudioCodecParameters,
    /// The audible frames, at the rate in `params`.
    pub trim: Trim,
    pub duration_s: Option<f64>,
    /// Audible seconds in the file, counted instead of declared: the file may be truncated.
    pub counted_s: Option<f64>,
}

#[derive(Debug, Default)]
pub struct Packet {
    pub data: Box<[u8]>,
    /// Number of decoded frames, if the container declares it.
    pub frames: Option<u64>,
    pub end: PacketEnd,
}

/// Information of the container about the end of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PacketEnd {
    #[default]
    Heard,
    /// The last frames of the packet are padding.
    Padding(u64),
    /// The packet ends at this frame of the stream.
    At(u64),
    /// The packet belongs to the end of the stream: frames after this one are not audible.
    StreamEndsAt(u64),
}

#[derive(Debug)]
pub enum Next {
    Packet(Packet),
    /// Another stream follows, as in a chained Ogg file.
    Stream(Box<Stream>),
    /// No packet was found yet. The caller can do other work and ask again.
    Nothing,
    End,
}

pub trait Demuxer: Send {
    fn next(&mut self) -> io::Result<Next>;

    /// Whether another stream may follow the end of this one.
    fn is_chained(&self) -> bool {
        false
    }
}

pub fn invalid(reason: impl std::fmt::Display) -> io::Error {
    io::Error::other(Error::invalid(reason))
}

pub fn unsupported(found: impl std::fmt::Display) -> io::Error {
    io::Error::other(Error::unsupported(found))
}
