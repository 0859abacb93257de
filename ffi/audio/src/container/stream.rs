//! The interface of every container reader: it returns the audio track, then packet after packet.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;

use crate::status::Error;
use crate::trim::Trim;

/// Maximum size of a packet. A FLAC block of 65,535 frames with eight channels is smaller.
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
    /// Minimum number of audible seconds in the file, which the reader has counted. `None` if it
    /// cannot count them: the declared duration may be wrong, for example in a truncated file.
    pub counted_s: Option<f64>,
}

#[derive(Debug, Default)]
pub struct Packet {
    pub data: Box<[u8]>,
    /// Number of decoded frames, if the container declares it.
    pub frames: Option<u64>,
    pub end: PacketEnd,
}

/// The end of a packet, as the container declares it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PacketEnd {
    #[default]
    Audible,
    /// The last frames of the packet are padding.
    Padding(u64),
    /// The packet ends at this frame of the stream.
    At(u64),
    /// The stream ends within this packet: frames from this position on are not audible.
    StreamEndsAt(u64),
}

#[derive(Debug)]
pub enum Next {
    Packet(Packet),
    /// Another stream follows, as in a chained Ogg file.
    Stream(Box<Stream>),
    /// The reader found no packet yet. The caller can do other work and then call again.
    Nothing,
    End,
}

pub trait Demuxer: Send {
    fn next(&mut self) -> io::Result<Next>;

    /// Whether another stream may follow the current stream.
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
