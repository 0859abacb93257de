//! Reads the packets of an MPEG transport stream (ISO 13818-1, section 2.4.3). A packet has 188
//! bytes. In m2ts files, a time code of four bytes precedes each packet.

use std::io;

use crate::container::byte_reader::ByteReader;

const PACKET_BYTES: usize = 188;
const TIME_CODE_BYTES: usize = 4;
const SYNC: u8 = 0x47;
/// Minimum number of packets at the start of a file by which it is recognised. More packets are
/// necessary if the file starts within a packet.
const PACKETS_MIN: usize = 3;
const PACKETS_AFTER_PART_MIN: usize = 8;
/// Number of bytes that one call searches for the next packet after damage.
const SEARCH_BYTES: u64 = 1 << 20;

/// The positions of the packets in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Position of the first packet.
    first: usize,
    /// Distance of two packets in bytes.
    distance: usize,
}

impl Layout {
    /// Detects the positions of the packets from the start of the file; `None` if the file is not a
    /// transport stream.
    pub fn detect(head: &[u8]) -> Option<Layout> {
        let wide = PACKET_BYTES + TIME_CODE_BYTES;
        let whole = [(0, PACKET_BYTES), (TIME_CODE_BYTES, wide)]
            .map(|(first, distance)| (Layout { first, distance }, PACKETS_MIN));
        let partial = [PACKET_BYTES, wide].into_iter().flat_map(|distance| {
            let layout = move |first| Layout { first, distance };
            (1..distance).map(move |first| (layout(first), PACKETS_AFTER_PART_MIN))
        });
        let mut layouts = whole.into_iter().chain(partial);
        layouts.find(|(layout, packets)| layout.fits(head, *packets)).map(|(layout, _)| layout)
    }

    fn fits(self, head: &[u8], packets: usize) -> bool {
        (0..packets).all(|n| head.get(self.first + n * self.distance) == Some(&SYNC))
    }
}

#[derive(Debug)]
pub struct Packet {
    pub pid: u16,
    /// Whether a section or a packet of the elementary stream starts in this packet.
    pub is_start: bool,
    /// Number of the packet, modulo 16. It counts the packets of one PID that have a payload.
    pub counter: u8,
    /// Whether the counter and the times may start again.
    pub is_discontinuous: bool,
    pub is_scrambled: bool,
    bytes: [u8; PACKET_BYTES],
    payload: usize,
}

impl Packet {
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.payload..).unwrap_or_default()
    }

    /// Parses a packet; `None` if the receiver has marked it as damaged, or it has no payload.
    fn parse(bytes: [u8; PACKET_BYTES]) -> Option<Packet> {
        let [_, first, second, flags, adaptation, adaptation_flags, ..] = bytes;
        let is_damaged = first & 0x80 != 0;
        let has_payload = flags & 0x10 != 0;
        let has_adaptation = flags & 0x20 != 0;
        if is_damaged || !has_payload {
            return None;
        }
        let payload = if has_adaptation { 5 + usize::from(adaptation) } else { 4 };
        Some(Packet {
            pid: u16::from_be_bytes([first & 0x1f, second]),
            is_start: first & 0x40 != 0,
            counter: flags & 0x0f,
            is_discontinuous: has_adaptation && adaptation > 0 && adaptation_flags & 0x80 != 0,
            is_scrambled: flags & 0xc0 != 0,
            bytes,
            payload,
        })
    }
}

/// Reads one packet after the other.
#[derive(Debug)]
pub struct Packets {
    layout: Layout,
    position: u64,
}

impl Packets {
    pub fn new(layout: Layout) -> Self {
        Packets { layout, position: layout.first as u64 }
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn are_over(&self, reader: &ByteReader) -> bool {
        reader.len() < self.position.saturating_add(PACKET_BYTES as u64)
    }

    /// Returns the next packet; `None` if it has no payload, or after damage. The caller can then
    /// call again.
    pub fn next(&mut self, reader: &mut ByteReader) -> io::Result<Option<Packet>> {
        reader.seek(self.position)?;
        let bytes = reader.array::<PACKET_BYTES>()?;
        if bytes.first() != Some(&SYNC) {
            return self.resync(reader).map(|()| None);
        }
        self.position += self.layout.distance as u64;
        Ok(Packet::parse(bytes))
    }

    /// Searches for two packets at the right distance.
    fn resync(&mut self, reader: &mut ByteReader) -> io::Result<()> {
        let distance = self.layout.distance;
        let is_packet = |bytes: &[u8]| {
            bytes.first() == Some(&SYNC) && bytes.get(distance).is_none_or(|byte| *byte == SYNC)
        };
        reader.seek(self.position + 1)?;
        reader.find(SEARCH_BYTES, distance + 1, is_packet)?;
        self.position = reader.position();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_the_distance_of_the_packets() {
        let packet = [[SYNC].as_slice(), &[0xff; 187]].concat();
        let plain = packet.repeat(12);
        let coded = [&[0; 4], &*packet].concat().repeat(12);
        let layout = |first, distance| Some(Layout { first, distance });
        assert_eq!(Layout::detect(&plain), layout(0, 188));
        assert_eq!(Layout::detect(&plain[..188 * 3]), layout(0, 188));
        assert_eq!(Layout::detect(&plain[100..]), layout(88, 188));
        assert_eq!(Layout::detect(&coded), layout(4, 192));
        assert_eq!(Layout::detect(&coded[100..]), layout(96, 192));
        assert_eq!(Layout::detect(&plain[..188 * 2]), None);
        assert_eq!(Layout::detect(&plain[100..188 * 5]), None);
        assert_eq!(Layout::detect(b"GGG"), None);
    }

    #[test]
    fn packets_without_a_payload_are_left_out() {
        let packet = |bytes: [u8; 6]| {
            let mut packet = [0xff; PACKET_BYTES];
            packet[..6].copy_from_slice(&bytes);
            Packet::parse(packet)
        };
        let found = packet([SYNC, 0x41, 0x23, 0x1a, 0xab, 0xcd]).unwrap();
        assert_eq!((found.pid, found.counter, found.is_start), (0x123, 10, true));
        assert_eq!(found.payload()[..2], [0xab, 0xcd]);
        let found = packet([SYNC, 0x01, 0x23, 0x3a, 3, 0x80]).unwrap();
        assert_eq!((found.is_discontinuous, found.payload().len()), (true, 180));
        assert!(packet([SYNC, 0x81, 0x23, 0x1a, 0, 0]).is_none());
        assert!(packet([SYNC, 0x01, 0x23, 0x2a, 0, 0]).is_none());
        assert!(packet([SYNC, 0x01, 0x23, 0x3a, 255, 0]).unwrap().payload().is_empty());
    }
}
