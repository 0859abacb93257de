//! Reads caf files (Core Audio Format), the container of Apple's Core Audio.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known as codec;

use super::blocks::{Blocks, Coding};
use super::byte_reader::{ByteReader, Window};
use super::stream::{
    CONFIG_BYTES_MAX, Demuxer, Next, PACKET_BYTES_MAX, Packet, PacketEnd, Stream, invalid,
    unsupported,
};
use super::{alac, channel_layout, esds};
use crate::trim::Trim;
use crate::{aac, opus, probe};

const CHUNKS_MAX: usize = 1 << 12;

pub fn is_caf(head: &[u8]) -> bool {
    head.starts_with(b"caff")
}

pub fn open(mut reader: ByteReader) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    let chunks = Chunks::read(&mut reader)?;
    let description =
        chunks.description.ok_or_else(|| invalid("it does not declare its format"))?;
    let (start, len) = chunks.data.ok_or_else(|| invalid("it has no samples"))?;
    if description.channels == 0 {
        return Err(invalid("it has no channels"));
    }
    if let Some(coding) = description.coding() {
        let layout = channel_layout::of_apple_chunk(&chunks.layout, description.channels);
        let params = coding.params(description.sample_rate, layout);
        let (stream, blocks) = Blocks::open(reader, start, len, coding, params)?;
        let trim = chunks.packets.trim(0);
        let counted_s = stream.counted_s.filter(|_| trim == Trim::none());
        return Ok((Stream { trim, counted_s, ..stream }, blocks));
    }
    let (params, delay) = description.codec(&chunks.cookie)?;
    let rate = params.sample_rate.unwrap_or_default();
    let frames = chunks.packets.valid_frames;
    let duration_s = (frames > 0).then(|| frames as f64 / f64::from(rate.max(1)));
    let trim = chunks.packets.trim(description.sample_rate / rate.max(1)).after_delay(delay);
    let end = len.map_or(u64::MAX, |len| start.saturating_add(len)).min(reader.len());
    let Description { packet_bytes, packet_frames, .. } = description;
    let table = chunks.packets.table;
    if packet_bytes == 0 && table.is_none() {
        return Err(invalid("it does not declare the size of its packets"));
    }
    let caf = Caf { reader, position: start, end, packet_bytes, packet_frames, table };
    Ok((Stream { params, trim, duration_s, counted_s: None }, Box::new(caf)))
}

// --- internal ---

#[derive(Default)]
struct Chunks {
    description: Option<Description>,
    layout: Box<[u8]>,
    cookie: Box<[u8]>,
    packets: PacketTable,
    data: Option<(u64, Option<u64>)>,
}

impl Chunks {
    fn read(reader: &mut ByteReader) -> io::Result<Chunks> {
        let mut chunks = Chunks::default();
        // Skips the header of the file.
        reader.seek(8)?;
        for _ in 0..CHUNKS_MAX {
            if reader.position().saturating_add(12) > reader.len() {
                break;
            }
            let kind = reader.array::<4>()?;
            let size = u64::try_from(reader.u64_be()? as i64).ok();
            let start = reader.position();
            match (&kind, size) {
                (b"desc", _) => chunks.description = Some(Description::read(reader)?),
                (b"chan", Some(size)) => chunks.layout = reader.bytes(size, CONFIG_BYTES_MAX)?,
                (b"kuki", Some(size)) => chunks.cookie = reader.bytes(size, CONFIG_BYTES_MAX)?,
                (b"pakt", Some(size)) => {
                    chunks.packets = PacketTable::read(reader, start.saturating_add(size))?;
                }
                // The data chunk starts with an edit count, which is not part of the samples.
                (b"data", size) => {
                    chunks.data = Some((start + 4, size.map(|size| size.saturating_sub(4))));
                }
                _ => {}
            }
            // Only the data chunk can have an unknown length, and only if it is the last chunk.
            let Some(size) = size else {
                break;
            };
            reader.seek(start.saturating_add(size))?;
        }
        Ok(chunks)
    }
}

struct Description {
    sample_rate: u32,
    format: [u8; 4],
    flags: u32,
    packet_bytes: u32,
    packet_frames: u32,
    channels: u16,
    bits: u16,
}

impl Description {
    fn read(reader: &mut ByteReader) -> io::Result<Description> {
        Ok(Description {
            sample_rate: f64::from_bits(reader.u64_be()?) as u32,
            format: reader.array()?,
            flags: reader.u32_be()?,
            packet_bytes: reader.u32_be()?,
            packet_frames: reader.u32_be()?,
            channels: u16::try_from(reader.u32_be()?).unwrap_or(u16::MAX),
            bits: u16::try_from(reader.u32_be()?).unwrap_or(u16::MAX),
        })
    }

    /// Returns the storage format of the samples for codecs without packets (PCM, ADPCM).
    fn coding(&self) -> Option<Coding> {
        let (float, big_endian) = (self.flags & 1 != 0, self.flags & 2 == 0);
        match &self.format {
            b"lpcm" if float => Coding::float(self.bits, big_endian, self.channels),
            b"lpcm" => Coding::integer(self.bits, big_endian, self.channels),
            b"ulaw" | b"alaw" | b"ima4" => Coding::apple(self.format, self.bits, self.channels),
            _ => None,
        }
    }

    /// Returns the decoder parameters of the packets, and the number of frames of silence before
    /// the first packet.
    fn codec(&self, cookie: &[u8]) -> io::Result<(AudioCodecParameters, u64)> {
        let layout = channel_layout::usual(self.channels);
        let mut params = AudioCodecParameters::new();
        params.with_sample_rate(self.sample_rate).with_channels(layout);
        match &self.format {
            b"alac" => params = alac::params(cookie)?,
            b"aac " | b"aach" | b"aacp" => {
                return match esds::parse(cookie) {
                    Some(esds::Esds::Aac(config)) => {
                        let aac = aac::configure(&config, "caf").map_err(io::Error::other)?;
                        Ok((aac.params, aac.delay))
                    }
                    _ => Err(unsupported("AAC without its configuration in caf")),
                };
            }
            b"opus" => {
                let channels = u8::try_from(self.channels).unwrap_or(u8::MAX);
                let head = opus::Head::parse(cookie).unwrap_or(opus::Head::of_channels(channels));
                params = head.params();
            }
            b".mp1" | b".mp2" | b".mp3" => {
                params.for_codec(codec::CODEC_ID_MP3);
            }
            b"flac" => {
                let info = cookie.get(cookie.len().saturating_sub(34)..).unwrap_or_default();
                params.for_codec(codec::CODEC_ID_FLAC).with_extra_data(info.into());
            }
            format => {
                let name = probe::mp4_codec(*format);
                return Err(unsupported(format_args!("{name} in caf")));
            }
        }
        Ok((params, 0))
    }
}

#[derive(Default)]
struct PacketTable {
    valid_frames: u64,
    priming_frames: u64,
    table: Option<Window>,
}

impl PacketTable {
    fn read(reader: &mut ByteReader, end: u64) -> io::Result<PacketTable> {
        let _packets = reader.u64_be()?;
        let valid_frames = u64::try_from(reader.u64_be()? as i64).unwrap_or_default();
        let priming_frames = u64::try_from(reader.u32_be()? as i32).unwrap_or_default();
        let _remainder_frames = reader.u32_be()?;
        let table = Some(Window::new(reader.position(), end));
        Ok(PacketTable { valid_frames, priming_frames, table })
    }

    /// Returns the range of audible frames. `divisor` is the declared rate of the file divided by
    /// the rate of the decoder.
    fn trim(&self, divisor: u32) -> Trim {
        let divisor = u64::from(divisor.max(1));
        let start = self.priming_frames / divisor;
        match self.valid_frames / divisor {
            0 => Trim::start(start),
            frames => Trim::range(start, start.saturating_add(frames)),
        }
    }
}

struct Caf {
    reader: ByteReader,
    position: u64,
    end: u64,
    /// Size of each packet in bytes. If it is 0, the packet table contains the size of each packet.
    packet_bytes: u32,
    packet_frames: u32,
    table: Option<Window>,
}

impl Demuxer for Caf {
    fn next(&mut self) -> io::Result<Next> {
        let mut bytes = Some(u64::from(self.packet_bytes));
        let mut frames = Some(u64::from(self.packet_frames));
        if let Some(table) = &mut self.table {
            if self.packet_bytes == 0 {
                bytes = read_number(table, &mut self.reader)?;
            }
            if self.packet_frames == 0 {
                frames = read_number(table, &mut self.reader)?;
            }
        }
        let left = self.end.saturating_sub(self.position);
        let (Some(bytes), true) = (bytes, left > 0) else {
            return Ok(Next::End);
        };
        self.reader.seek(self.position)?;
        let data = self.reader.bytes(bytes.min(left), PACKET_BYTES_MAX)?;
        self.position += data.len() as u64;
        Ok(Next::Packet(Packet { data, frames, end: PacketEnd::Audible }))
    }
}

/// Reads a number that is stored in groups of seven bits. Returns `None` at the end of the table.
fn read_number(table: &mut Window, reader: &mut ByteReader) -> io::Result<Option<u64>> {
    let mut number = 0u64;
    while let Some(byte) = table.u8(reader)? {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok(Some(number));
        }
    }
    Ok(None)
}
