//! What every container gives: what its audio track is, then its packets one by one.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;

use crate::status::Error;
use crate::trim::Trim;

/// Bytes of the largest packet: a FLAC block of 65,535 frames of eight channels fits.
pub const PACKET_BYTES_MAX: u64 = 4 << 20;
/// Bytes of a codec's configuration.
pub const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// The audio track of a container.
#[derive(Debug)]
pub struct Stream {
    pub params: AudioCodecParameters,
    /// Counts frames of the rate in `params`.
    pub trim: Trim,
    pub duration_s: Option<f64>,
    /// Seconds that are there to be heard, counted and not just claimed: a file may be cut short.
    pub counted_s: Option<f64>,
}

#[derive(Debug, Default)]
pub struct Packet {
    pub data: Box<[u8]>,
    /// Frames it decodes to, where the container tells.
    pub frames: Option<u64>,
    pub end: PacketEnd,
}

/// What a container says of the end of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PacketEnd {
    #[default]
    Heard,
    /// Its last frames are padding.
    Padding(u64),
    /// It ends at this frame of the stream.
    At(u64),
    /// It belongs to the end of the stream: nothing behind this frame is heard.
    StreamEndsAt(u64),
}

#[derive(Debug)]
pub enum Next {
    Packet(Packet),
    /// Another track follows, as in a chained Ogg file.
    Stream(Box<Stream>),
    /// Nothing was found yet; whoever asks again may do something else before.
    Nothing,
    End,
}

pub trait Demuxer: Send {
    fn next(&mut self) -> io::Result<Next>;

    /// Whether another stream may follow where one is over.
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
