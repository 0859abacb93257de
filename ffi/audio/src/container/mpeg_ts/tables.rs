//! Reads the tables of an MPEG transport stream: the list of programs (PAT), and the list of the
//! streams of each program (PMT).

use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor;

use super::kind::{Descriptors, Kind};
use super::packet::Packet;

/// PID of the list of programs.
pub const PROGRAMS_PID: u16 = 0;
/// Maximum size of a section in bytes.
const SECTION_BYTES_MAX: usize = 1_024;
const PROGRAMS_TABLE: u8 = 0;
const STREAMS_TABLE: u8 = 2;
const PADDING: u8 = 0xff;
/// Number of bytes before the content of a section, and of the checksum after it.
const HEADER_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;

/// The unfinished section of a table.
#[derive(Debug, Default)]
pub struct Sections {
    bytes: Vec<u8>,
}

impl Sections {
    /// Adds the payload of a packet, and calls `visit` with the table id and the content of each
    /// complete section. Sections with a wrong checksum are left out.
    pub fn push(&mut self, packet: &Packet, mut visit: impl FnMut(u8, &[u8])) {
        let mut payload = packet.payload();
        if packet.is_start {
            let Some((pointer, rest)) = payload.split_first() else {
                return;
            };
            // The pointer is the number of bytes of the previous section.
            let (end, next) = rest.split_at(rest.len().min(usize::from(*pointer)));
            if !self.bytes.is_empty() {
                self.bytes.extend_from_slice(end);
                self.take(&mut visit);
            }
            self.bytes.clear();
            payload = next;
        } else if self.bytes.is_empty() {
            return;
        }
        self.bytes.extend_from_slice(payload);
        while self.take(&mut visit) {}
        if self.bytes.len() > SECTION_BYTES_MAX {
            self.bytes.clear();
        }
    }

    fn take(&mut self, visit: &mut impl FnMut(u8, &[u8])) -> bool {
        let (table, high, low) = match *self.bytes {
            // Bytes of padding follow the last section.
            [PADDING, ..] => {
                self.bytes.clear();
                return false;
            }
            [table, high, low, ..] => (table, high, low),
            _ => return false,
        };
        let end = 3 + usize::from(u16::from_be_bytes([high & 0x0f, low]));
        let Some(section) = self.bytes.get(..end) else {
            return false;
        };
        if let Some(content) = section.get(HEADER_BYTES..end.saturating_sub(CHECKSUM_BYTES))
            && checksum(section) == 0
        {
            visit(table, content);
        }
        self.bytes.drain(..end);
        true
    }
}

/// Returns the PIDs of the tables of streams of all programs.
pub fn programs(table: u8, content: &[u8]) -> impl Iterator<Item = u16> {
    let entries = content.chunks_exact(if table == PROGRAMS_TABLE { 4 } else { usize::MAX });
    entries.filter_map(|entry| match *entry {
        // Program 0 is the network information.
        [0, 0, ..] => None,
        [_, _, high, low] => Some(u16::from_be_bytes([high & 0x1f, low])),
        _ => None,
    })
}

/// Returns the PIDs and kinds of the streams of a program; `None` if the table is another one.
pub fn streams(table: u8, content: &[u8]) -> Option<Vec<(u16, Kind)>> {
    let [_, _, high, low, rest @ ..] = content else {
        return None;
    };
    if table != STREAMS_TABLE {
        return None;
    }
    let (program, mut rest) = split(rest, [*high, *low]);
    let mut found = Vec::new();
    while let [stream_type, pid_high, pid_low, high, low, after @ ..] = rest {
        let (descriptors, next) = split(after, [*high, *low]);
        let kind = Kind::of(*stream_type, Descriptors(descriptors), Descriptors(program));
        found.push((u16::from_be_bytes([pid_high & 0x1f, *pid_low]), kind));
        rest = next;
    }
    Some(found)
}

// --- internal ---

/// Splits the bytes after a length of 12 bits.
fn split(bytes: &[u8], [high, low]: [u8; 2]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.len().min(usize::from(u16::from_be_bytes([high & 0x0f, low]))))
}

/// Computes the checksum of a section. It is 0 for a correct section with its checksum.
fn checksum(bytes: &[u8]) -> u32 {
    let mut checksum = Crc32::new(u32::MAX);
    checksum.process_buf_bytes(bytes);
    checksum.crc()
}
