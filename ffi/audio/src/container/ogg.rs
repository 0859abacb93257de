//! Reads Ogg files with Vorbis, Opus or FLAC. A file may be chained: it then contains several
//! streams in sequence.

mod granules;
mod mapping;
mod page;

use std::collections::VecDeque;
use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;

use super::byte_reader::ByteReader;
use super::stream::{
    Demuxer, Next, PACKET_BYTES_MAX, Packet, PacketEnd, Stream, invalid, unsupported,
};
use crate::probe;
use crate::trim::Trim;
use granules::Granules;
use mapping::{Kind, Mapping};
use page::{PAGE_BYTES_MAX, Page};

/// Maximum number of parallel streams. `HEADER_PAGES_MAX` is the maximum number of pages that
/// contain the headers of a stream.
const STREAMS_MAX: usize = 1 << 8;
const HEADER_PAGES_MAX: usize = 1 << 12;
/// The first audio is searched in at most this number of pages after the headers.
const SILENT_PAGES_MAX: usize = 1 << 8;

/// Number of bytes that one call searches for the next page.
const SEARCH_BYTES: u64 = 1 << 20;

pub fn is_ogg(head: &[u8]) -> bool {
    head.starts_with(b"OggS")
}

pub fn open(mut reader: ByteReader) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    let first = Page::read(&mut reader)?.ok_or_else(|| invalid("it has no undamaged page"))?;
    let mut ogg = Ogg { link: Link::default(), reader };
    let mut stream = ogg.open_link(first)?;
    (stream.duration_s, stream.counted_s) = ogg.read_duration()?;
    Ok((stream, Box::new(ogg)))
}

// --- internal ---

struct Ogg {
    reader: ByteReader,
    link: Link,
}

/// The current stream of a chained file.
#[derive(Default)]
struct Link {
    serial: u32,
    mapping: Option<Mapping>,
    params: Option<Box<AudioCodecParameters>>,
    granules: Granules,
    /// Number of packets of the stream that were read after the first packet.
    packets: u64,
    /// The first part of a packet that continues on the next page.
    partial: Vec<u8>,
    /// Whether the next page starts with the rest of a packet that was discarded.
    dropping: bool,
    ready: VecDeque<Packet>,
}

impl Demuxer for Ogg {
    fn next(&mut self) -> io::Result<Next> {
        if self.link.ready.is_empty() {
            let Some(page) = Page::read_within(&mut self.reader, SEARCH_BYTES)? else {
                let is_at_end = self.reader.is_at_end();
                return Ok(if is_at_end { Next::End } else { Next::Nothing });
            };
            if page.is_first {
                return Ok(Next::Stream(Box::new(self.open_link(page)?)));
            }
            self.link.read_page(&page)?;
        }
        // If there is no packet yet, the call returns `Nothing` and does not search further. The
        // search could take long, because there may be any amount of video before the next audio.
        Ok(self.link.ready.pop_front().map_or(Next::Nothing, Next::Packet))
    }

    fn is_chained(&self) -> bool {
        true
    }
}

impl Ogg {
    /// Reads the headers of the parallel streams. `page` is the first page of the first stream.
    /// Selects the first supported stream.
    fn open_link(&mut self, mut page: Page) -> io::Result<Stream> {
        let mut link = Link::default();
        let mut found = None;
        for _ in 0..STREAMS_MAX {
            if !page.is_first {
                break;
            }
            if link.mapping.is_none() {
                link.mapping = Mapping::detect(page.first_packet())?;
                link.serial = page.serial;
                found = found.or_else(|| probe::ogg_codec(page.first_packet()));
            }
            page = self.read_page()?;
        }
        let Some(mapping) = &link.mapping else {
            return Err(unsupported(format_args!(
                "{} in ogg",
                found.unwrap_or("an unknown codec")
            )));
        };
        let pre_skip = mapping.pre_skip();
        link.granules = Granules::new(mapping);
        for _ in 0..HEADER_PAGES_MAX {
            link.read_page(&page)?;
            if let Some(params) = &link.params {
                let params = AudioCodecParameters::clone(params);
                self.link = link;
                return Ok(Stream {
                    params,
                    trim: Trim::start(pre_skip),
                    duration_s: None,
                    counted_s: None,
                });
            }
            page = self.read_page()?;
        }
        Err(invalid("its headers do not end"))
    }

    fn read_page(&mut self) -> io::Result<Page> {
        Page::read(&mut self.reader)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Returns two lengths in seconds: the length of the stream, and the length without the audio
    /// of its first page. Finds them from the last page of the stream, which must be near the end
    /// of the file. Both are `None` if another stream follows.
    fn read_duration(&mut self) -> io::Result<(Option<f64>, Option<f64>)> {
        let position = self.reader.position();
        // `granules` is a copy, because the reader reads these pages again later.
        let mut granules = self.link.granules;
        let first = self.first_end(&mut granules)?;
        self.reader.seek(self.reader.len().saturating_sub(2 * PAGE_BYTES_MAX).max(position))?;
        let mut last = None;
        while let Some(page) = Page::read(&mut self.reader)? {
            if page.is_first {
                last = None;
                break;
            }
            if page.serial == self.link.serial {
                last = granules.end_of(&page).or(last);
            }
        }
        self.reader.seek(position)?;
        let (Some(mapping), Some(params)) = (&self.link.mapping, &self.link.params) else {
            return Ok((None, None));
        };
        let rate = f64::from(mapping.granule_rate(params).max(1));
        let since = |start: u64| last.map(|last| last.saturating_sub(start) as f64 / rate);
        Ok((since(mapping.pre_skip()), first.and_then(since)))
    }

    /// Returns the position at which the first page with audio ends; `None` if no such page is
    /// found. If the recording started in the middle of a stream, this position is far from 0.
    fn first_end(&mut self, granules: &mut Granules) -> io::Result<Option<u64>> {
        for _ in 0..SILENT_PAGES_MAX {
            let Some(page) = Page::read(&mut self.reader)? else {
                break;
            };
            if page.serial == self.link.serial {
                let end = granules.end_of(&page).filter(|end| *end > 0);
                if end.is_some() {
                    return Ok(end);
                }
            }
        }
        Ok(None)
    }
}

impl Link {
    fn read_page(&mut self, page: &Page) -> io::Result<()> {
        if page.serial != self.serial {
            return Ok(());
        }
        if !page.is_continued {
            self.partial.clear();
            self.dropping = false;
        }
        let first = self.ready.len();
        for (index, part) in page.parts().into_iter().enumerate() {
            let lost_start = index == 0 && page.is_continued && self.partial.is_empty();
            if lost_start || self.dropping {
                self.dropping = !part.ends;
                self.packets += u64::from(part.ends);
                continue;
            }
            if self.partial.len() as u64 + part.bytes.len() as u64 > PACKET_BYTES_MAX {
                // The packet is too long for audio, so it is discarded. It may contain comments
                // with pictures of any size.
                self.partial.clear();
                self.dropping = !part.ends;
                self.packets += u64::from(part.ends);
                continue;
            }
            self.partial.extend_from_slice(part.bytes);
            if part.ends {
                let packet = std::mem::take(&mut self.partial);
                self.take_packet(packet)?;
            }
        }
        self.store_ends(page, first);
        Ok(())
    }

    fn take_packet(&mut self, packet: Vec<u8>) -> io::Result<()> {
        let Some(mapping) = &self.mapping else {
            return Ok(());
        };
        self.packets += 1;
        match mapping.classify(self.packets, &packet, self.params.is_some())? {
            Kind::Header => {}
            Kind::Ready(params) => self.params = Some(params),
            Kind::Audio if mapping.is_audio(&packet) => {
                self.ready.push_back(Packet { data: packet.into(), ..Packet::default() });
            }
            Kind::Audio => {}
        }
        Ok(())
    }

    /// Stores the end times of the packets of a page, starting with packet `first`.
    fn store_ends(&mut self, page: &Page, first: usize) {
        let Some(end) = self.granules.end_of(page) else {
            return;
        };
        let packets = self.ready.iter_mut().skip(first);
        if page.is_last {
            packets.for_each(|packet| packet.end = PacketEnd::StreamEndsAt(end));
        } else if let Some(packet) = packets.last() {
            packet.end = PacketEnd::At(end);
        }
    }
}
