//! Joins the payloads of the packets of one PID to the frames of the audio. A PES packet (ISO
//! 13818-1, section 2.4.3.6) contains any number of frames, and a frame may start in one PES packet
//! and end in the next one.

use std::collections::VecDeque;

use super::frame::{Coding, HEADER_BYTES, Header};
use super::packet::Packet;

/// Number of bytes of a PES header before its optional fields.
const PES_BYTES: usize = 9;

#[derive(Debug)]
pub struct Frame {
    pub data: Box<[u8]>,
    pub header: Header,
    /// Time of the frame in ticks; `None` if it has none.
    pub time: Option<u64>,
    /// Whether packets were lost before the frame.
    pub has_lost: bool,
}

#[derive(Debug)]
pub struct ElementaryStream {
    coding: Coding,
    /// Counter and payload of the last packet.
    counter: Option<u8>,
    last: Vec<u8>,
    state: State,
    /// The start of a PES packet whose header is not complete.
    start: Vec<u8>,
    /// Bytes that belong to no complete frame.
    bytes: Vec<u8>,
    /// Times of PES packets, and the positions in `bytes` at which these packets start.
    times: VecDeque<(usize, u64)>,
    frames: VecDeque<Frame>,
    has_lost: bool,
    is_scrambled: bool,
}

/// The part of the stream to which the next bytes belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The bytes belong to no known PES packet.
    Outside,
    Header,
    /// Number of bytes that are left in the PES packet; `None` if it is unknown.
    Payload(Option<usize>),
}

impl ElementaryStream {
    pub fn new(coding: Coding) -> Self {
        ElementaryStream {
            coding,
            counter: None,
            last: Vec::new(),
            state: State::Outside,
            start: Vec::new(),
            bytes: Vec::new(),
            times: VecDeque::new(),
            frames: VecDeque::new(),
            has_lost: false,
            is_scrambled: false,
        }
    }

    /// Returns whether a packet was scrambled.
    pub fn is_scrambled(&self) -> bool {
        self.is_scrambled
    }

    /// Returns the next complete frame.
    pub fn next(&mut self) -> Option<Frame> {
        self.frames.pop_front()
    }

    pub fn push(&mut self, packet: &Packet) {
        if packet.is_scrambled {
            self.is_scrambled = true;
            return;
        }
        let counter = self.counter.replace(packet.counter);
        if counter == Some(packet.counter) && self.last == packet.payload() {
            // A packet may be sent twice.
            return;
        }
        self.last.clear();
        self.last.extend_from_slice(packet.payload());
        let is_next = |before: u8| (before + 1) & 0x0f == packet.counter;
        if !packet.is_discontinuous && !counter.is_none_or(is_next) {
            self.lose();
        }
        if packet.is_start {
            self.start.clear();
            self.state = State::Header;
        }
        match self.state {
            State::Outside => {}
            State::Header => self.read_header(packet.payload()),
            State::Payload(left) => self.read_payload(packet.payload(), left),
        }
    }

    /// Ends the stream: a frame is then complete without a following frame.
    pub fn finish(&mut self) {
        self.take_frames(true);
        self.bytes.clear();
        self.times.clear();
    }

    /// Processes the loss of packets. The rest of an incomplete frame is lost, too.
    fn lose(&mut self) {
        self.finish();
        self.has_lost = true;
        self.state = match self.state {
            State::Header => State::Outside,
            // The end of the PES packet may be among the lost packets.
            State::Payload(_) => State::Payload(None),
            State::Outside => State::Outside,
        };
    }

    fn read_header(&mut self, payload: &[u8]) {
        self.start.extend_from_slice(payload);
        let [0, 0, 1, _id, high, low, flags, fields, len, rest @ ..] = &*self.start else {
            if self.start.len() >= PES_BYTES {
                self.state = State::Outside;
            }
            return;
        };
        let Some((fields_bytes, payload)) = rest.split_at_checked((*len).into()) else {
            return;
        };
        let whole = usize::from(u16::from_be_bytes([*high, *low]));
        // The length counts the bytes after it. It may be 0, which means that it is unknown.
        let left = (whole > 0).then(|| whole.saturating_sub(3 + usize::from(*len)));
        if let Some(time) = time(*fields, fields_bytes) {
            let at = self.bytes.len();
            self.times.retain(|(position, _)| *position < at);
            self.times.push_back((at, time));
        }
        // Other values of these bits are those of PES packets without audio, or of MPEG 1.
        let is_audio = flags & 0xc0 == 0x80;
        let payload = payload.to_vec();
        self.start.clear();
        if is_audio {
            self.read_payload(&payload, left);
        } else {
            self.state = State::Outside;
        }
    }

    fn read_payload(&mut self, payload: &[u8], left: Option<usize>) {
        let count = payload.len().min(left.unwrap_or(usize::MAX));
        self.state = State::Payload(left.map(|left| left - count));
        self.bytes.extend_from_slice(payload.get(..count).unwrap_or_default());
        self.take_frames(false);
    }

    /// Moves the complete frames to `frames`. Because any bytes may look like a header, a frame is
    /// complete only if another header follows it, or if the stream ends.
    fn take_frames(&mut self, is_end: bool) {
        let mut at = 0;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| rest.len() >= HEADER_BYTES) {
            let Some(header) = self.coding.header(rest) else {
                at += 1;
                continue;
            };
            let data = rest.get(header.skipped..header.bytes);
            let next = rest.get(header.bytes..).unwrap_or_default();
            match data {
                Some(data) if next.len() >= HEADER_BYTES || is_end => {
                    if next.len() >= HEADER_BYTES && self.coding.header(next).is_none() {
                        at += 1;
                        continue;
                    }
                    let data = data.into();
                    let time = self.take_time(at);
                    let has_lost = std::mem::take(&mut self.has_lost);
                    self.frames.push_back(Frame { data, header, time, has_lost });
                    at += header.bytes;
                }
                None if is_end => at += 1,
                _ => break,
            }
        }
        self.bytes.drain(..at.min(self.bytes.len()));
        for (position, _) in &mut self.times {
            *position = position.saturating_sub(at);
        }
    }

    /// Returns the time of the last PES packet that starts at or before this position.
    fn take_time(&mut self, at: usize) -> Option<u64> {
        let mut found = None;
        while let Some((_, time)) = self.times.front().filter(|(position, _)| *position <= at) {
            found = Some(*time);
            self.times.pop_front();
        }
        found
    }
}

/// Returns the time of a PES packet that starts in this packet; `None` if there is none.
pub fn time_of(packet: &Packet) -> Option<u64> {
    match packet.payload() {
        [0, 0, 1, _, _, _, flags, fields, _, rest @ ..]
            if packet.is_start && !packet.is_scrambled && flags & 0xc0 == 0x80 =>
        {
            time(*fields, rest)
        }
        _ => None,
    }
}

// --- internal ---

/// Reads the presentation time from the optional fields of a PES header. `flags` says which fields
/// exist.
fn time(flags: u8, fields: &[u8]) -> Option<u64> {
    let [a, b, c, d, e, ..] = *fields else {
        return None;
    };
    let [a, b, c, d, e] = [a >> 1 & 7, b, c >> 1, d, e >> 1].map(u64::from);
    (flags & 0x80 != 0).then_some(a << 30 | b << 22 | c << 15 | d << 7 | e)
}
