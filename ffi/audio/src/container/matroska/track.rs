//! Reads a track entry of a Matroska file, and determines the decoding parameters of the track.

use std::io;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known as codec;

use super::ebml::Element;
use super::encoding::{self, Encoding};
use crate::container::blocks::Coding;
use crate::container::byte_reader::ByteReader;
use crate::container::stream::{CONFIG_BYTES_MAX, invalid, unsupported};
use crate::container::{alac, channel_layout, vorbis, wav};
use crate::{aac, opus, probe};

const NAME_BYTES_MAX: u64 = 256;

#[derive(Debug)]
pub struct Track {
    pub number: u64,
    pub audio: bool,
    pub video: bool,
    default: bool,
    enabled: bool,
    codec: String,
    /// The codec's configuration; `None` if it is compressed and damaged.
    private: Option<Box<[u8]>>,
    pub delay_ns: u64,
    sample_rate: f64,
    pub channels: u16,
    bits: u16,
    encoding: encoding::Read,
}

/// The decoding parameters of a track.
#[derive(Debug)]
pub struct TrackCodec {
    pub params: AudioCodecParameters,
    /// Number of frames before the first audible frame.
    pub priming: u64,
    /// Number of frames of silence before the first decoded frame.
    pub delay: u64,
    /// Storage format of the samples for codecs without packets (PCM, ADPCM); `None` for other
    /// codecs.
    pub coding: Option<Coding>,
}

impl Track {
    pub fn read(reader: &mut ByteReader, entry: Element) -> io::Result<Track> {
        let mut track = Track {
            number: 0,
            audio: false,
            video: false,
            default: true,
            enabled: true,
            codec: String::new(),
            private: Some(Box::default()),
            delay_ns: 0,
            sample_rate: 8_000.0,
            channels: 1,
            bits: 0,
            encoding: Ok(None),
        };
        entry.children(reader, |reader, child| track.read_child(reader, child))?;
        if let Ok(Some(encoding)) = &track.encoding {
            track.private = track.private.and_then(|bytes| encoding.undo_configuration(bytes));
        }
        Ok(track)
    }

    fn read_child(&mut self, reader: &mut ByteReader, child: Element) -> io::Result<()> {
        match child.id {
            NUMBER => self.number = child.unsigned(reader)?,
            TYPE => {
                let kind = child.unsigned(reader)?;
                (self.video, self.audio) = (kind == 1, kind == 2);
            }
            DEFAULT => self.default = child.unsigned(reader)? != 0,
            ENABLED => self.enabled = child.unsigned(reader)? != 0,
            CODEC => {
                let name = child.bytes(reader, NAME_BYTES_MAX)?;
                let name = String::from_utf8_lossy(&name);
                name.trim_end_matches('\0').clone_into(&mut self.codec);
            }
            PRIVATE => self.private = Some(child.bytes(reader, CONFIG_BYTES_MAX)?),
            DELAY => self.delay_ns = child.unsigned(reader)?,
            AUDIO => child.children(reader, |reader, child| {
                match child.id {
                    SAMPLE_RATE => self.sample_rate = child.float(reader)?,
                    CHANNELS => {
                        self.channels = u16::try_from(child.unsigned(reader)?).unwrap_or(u16::MAX);
                    }
                    BITS => {
                        self.bits = u16::try_from(child.unsigned(reader)?).unwrap_or(u16::MAX);
                    }
                    _ => {}
                }
                Ok(())
            })?,
            ENCODINGS => self.encoding = encoding::read(reader, child)?,
            _ => {}
        }
        Ok(())
    }

    /// Returns the encoding of the frames; `None` if they are not encoded.
    pub fn encoding(&self) -> Option<&Encoding> {
        self.encoding.as_ref().ok()?.as_ref()
    }

    pub fn is_default(&self) -> bool {
        self.default && self.enabled
    }

    pub fn decodable(&self) -> io::Result<TrackCodec> {
        if let Err(encoded) = self.encoding {
            return Err(unsupported(format_args!("a track in matroska that is {encoded}")));
        }
        if self.channels == 0 {
            return Err(invalid("it has no channels"));
        }
        let private = self.private.as_deref();
        let private =
            private.ok_or_else(|| invalid("its codec's configuration cannot be decompressed"))?;
        let sample_rate = self.sample_rate.round() as u32;
        let layout = channel_layout::usual(self.channels);
        let mut params = AudioCodecParameters::new();
        params.with_sample_rate(sample_rate).with_channels(layout.clone());
        let mut priming = None;
        let mut delay = 0;
        match self.codec.as_str() {
            "A_OPUS" => {
                let head = opus::Head::parse(private);
                let head = head.ok_or_else(|| invalid("its Opus header is damaged"))?;
                (params, priming) = (head.params(), Some(head.pre_skip.into()));
            }
            "A_VORBIS" => params = vorbis::params_of_laced(private)?,
            "A_FLAC" => {
                // Bytes 8 to 41 are STREAMINFO. Before it are the marker and the header of the
                // metadata block.
                let info = private.get(8..42).unwrap_or_default();
                params.for_codec(codec::CODEC_ID_FLAC).with_extra_data(info.into());
            }
            "A_MPEG/L1" | "A_MPEG/L2" | "A_MPEG/L3" => {
                params.for_codec(codec::CODEC_ID_MP3);
            }
            "A_ALAC" => params = alac::params(private)?,
            name if name.starts_with("A_AAC") => {
                let aac = aac(private, sample_rate, &layout)?;
                (params, delay) = (aac.params, aac.delay);
            }
            name => match self.uncompressed(name, private, sample_rate, layout)? {
                wav::Format::Blocks(coding, params) => {
                    return Ok(TrackCodec { params, priming: 0, delay, coding: Some(coding) });
                }
                wav::Format::MpegAudio => {
                    params.for_codec(codec::CODEC_ID_MP3);
                }
            },
        }
        let rate = params.sample_rate.unwrap_or_default();
        let priming = priming.unwrap_or_else(|| frames(self.delay_ns, rate));
        Ok(TrackCodec { params, priming, delay, coding: None })
    }

    fn uncompressed(
        &self,
        name: &str,
        private: &[u8],
        sample_rate: u32,
        layout: Channels,
    ) -> io::Result<wav::Format> {
        let coding = match name {
            "A_PCM/INT/LIT" if self.bits == 8 => {
                Some(Coding::pcm(codec::CODEC_ID_PCM_U8, 1, self.channels))
            }
            "A_PCM/INT/LIT" => Coding::integer(self.bits, false, self.channels),
            "A_PCM/INT/BIG" => Coding::integer(self.bits, true, self.channels),
            "A_PCM/FLOAT/IEEE" => Coding::float(self.bits, false, self.channels),
            "A_MS/ACM" => return wav::parse_format(private),
            _ => None,
        };
        let coding = coding.ok_or_else(|| {
            let name = probe::matroska_codec(name);
            unsupported(format_args!("{name} in matroska"))
        })?;
        Ok(wav::Format::Blocks(coding, coding.params(sample_rate, layout)))
    }
}

fn aac(private: &[u8], sample_rate: u32, layout: &Channels) -> io::Result<aac::Aac> {
    let made;
    let config = if private.is_empty() {
        let unknown = || unsupported("AAC without its configuration in matroska");
        made = aac::low_complexity(sample_rate, layout).ok_or_else(unknown)?;
        &made
    } else {
        private
    };
    aac::configure(config, "matroska").map_err(io::Error::other)
}

/// Converts nanoseconds to frames.
pub fn frames(ns: u64, sample_rate: u32) -> u64 {
    let frames = (u128::from(ns) * u128::from(sample_rate) + 500_000_000) / 1_000_000_000;
    u64::try_from(frames).unwrap_or(u64::MAX)
}

// --- internal ---

const NUMBER: u32 = 0xd7;
const TYPE: u32 = 0x83;
const DEFAULT: u32 = 0x88;
const ENABLED: u32 = 0xb9;
const CODEC: u32 = 0x86;
const PRIVATE: u32 = 0x63a2;
const DELAY: u32 = 0x56aa;
const AUDIO: u32 = 0xe1;
const SAMPLE_RATE: u32 = 0xb5;
const CHANNELS: u32 = 0x9f;
const BITS: u32 = 0x6264;
const ENCODINGS: u32 = 0x6d80;
