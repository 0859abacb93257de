//! Reads the sample entry of a track: its codec and the configuration of the codec.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known as codec;

use super::boxes::{BoxHeader, version_and_flags};
use crate::container::blocks::Coding;
use crate::container::byte_reader::ByteReader;
use crate::container::stream::{CONFIG_BYTES_MAX, unsupported};
use crate::container::{alac, channel_layout, esds};
use crate::{aac, opus, probe};

#[derive(Debug, Default)]
pub struct SampleEntry {
    pub format: [u8; 4],
    channels: u16,
    sample_rate: u32,
    bits: u16,
    float: bool,
    little_endian: bool,
    /// The content of the codec's configuration box.
    config: Box<[u8]>,
    esds: Option<esds::Esds>,
}

/// The decoding parameters of a track.
#[derive(Debug)]
pub struct SampleCodec {
    pub params: AudioCodecParameters,
    /// Number of frames of silence before the first decoded frame.
    pub delay: u64,
    /// Number of frames before the first audible frame. It is used only for files without an edit
    /// list.
    pub priming: u64,
    /// Storage format of the samples for codecs without packets (PCM, ADPCM); `None` for other
    /// codecs.
    pub coding: Option<Coding>,
}

impl SampleEntry {
    /// Reads the first entry of a sample description box.
    pub fn read(reader: &mut ByteReader, description: BoxHeader) -> io::Result<SampleEntry> {
        let (description_version, _) = version_and_flags(reader)?;
        let _count = reader.u32_be()?;
        let Some(found) = BoxHeader::read(reader, description.end)? else {
            return Ok(SampleEntry::default());
        };
        let mut entry = SampleEntry { format: found.kind, ..SampleEntry::default() };
        // Skips reserved bytes and the data reference.
        reader.skip(8)?;
        let version = reader.u16_be()?;
        // Skips revision and vendor.
        reader.skip(6)?;
        entry.channels = reader.u16_be()?;
        entry.bits = reader.u16_be()?;
        // Skips compression and packet size.
        reader.skip(4)?;
        entry.sample_rate = reader.u32_be()? >> 16;
        match (version, description_version) {
            // Skips additional fields of QuickTime files. MPEG-4 files may have the same version
            // number, but do not have these fields.
            (1, 0) => reader.skip(16)?,
            (2, _) => entry.read_version_2(reader)?,
            _ => {}
        }
        let inner = BoxHeader { content: reader.position(), ..found };
        entry.read_children(reader, inner, 0)?;
        Ok(entry)
    }

    fn read_version_2(&mut self, reader: &mut ByteReader) -> io::Result<()> {
        // Skips the length of the structure.
        reader.skip(4)?;
        self.sample_rate = f64::from_bits(reader.u64_be()?) as u32;
        self.channels = u16::try_from(reader.u32_be()?).unwrap_or(u16::MAX);
        reader.skip(4)?;
        self.bits = u16::try_from(reader.u32_be()?).unwrap_or(u16::MAX);
        let flags = reader.u32_be()?;
        self.float = flags & 1 != 0;
        self.little_endian = flags & 2 == 0;
        reader.skip(8)
    }

    fn read_children(
        &mut self,
        reader: &mut ByteReader,
        parent: BoxHeader,
        depth: u8,
    ) -> io::Result<()> {
        // The bytes after the relevant boxes are often not a box, so invalid data there is ignored.
        let read = parent.children(reader, |reader, child| {
            let mut content = || reader.bytes(child.len(), CONFIG_BYTES_MAX);
            match &child.kind {
                b"esds" => self.esds = esds::parse(content()?.get(4..).unwrap_or_default()),
                b"dOps" => self.config = content()?,
                b"alac" | b"dfLa" => {
                    self.config = content()?.get(4..).unwrap_or_default().into();
                }
                b"pcmC" => {
                    version_and_flags(reader)?;
                    self.little_endian = reader.u8()? & 1 != 0;
                    self.bits = reader.u8()?.into();
                }
                b"enda" => self.little_endian = reader.u16_be()? != 0,
                b"wave" if depth == 0 => self.read_children(reader, child, depth + 1)?,
                _ => {}
            }
            Ok(())
        });
        match read {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(()),
            read => read,
        }
    }

    /// Returns the decoding parameters. Error messages contain `family`, the name of the file
    /// format.
    pub fn codec(&self, family: &str) -> io::Result<SampleCodec> {
        let layout = channel_layout::usual(self.channels);
        let mut params = AudioCodecParameters::new();
        params.with_sample_rate(self.sample_rate).with_channels(layout.clone());
        let (mut delay, mut priming) = (0, 0);
        match &self.format {
            b"mp4a" => match &self.esds {
                Some(esds::Esds::Aac(config)) => {
                    let aac = aac::configure(config, family).map_err(io::Error::other)?;
                    (params, delay) = (aac.params, aac.delay);
                }
                Some(esds::Esds::Mp3) => {
                    params.for_codec(codec::CODEC_ID_MP3);
                }
                Some(esds::Esds::Other(name)) => {
                    return Err(unsupported(format_args!("{name} in {family}")));
                }
                None => {
                    return Err(unsupported(format_args!(
                        "AAC without its configuration in {family}"
                    )));
                }
            },
            b".mp3" | b".mp2" | b"ms\0\x55" => {
                params.for_codec(codec::CODEC_ID_MP3);
            }
            b"alac" => params = alac::params(&self.config)?,
            b"fLaC" => {
                // The box contains a metadata block: its header, then STREAMINFO.
                let info = self.config.get(4..38).unwrap_or_default();
                params.for_codec(codec::CODEC_ID_FLAC).with_extra_data(info.into());
            }
            b"Opus" => {
                let head = opus::Head::parse_mp4(&self.config).ok_or_else(|| {
                    unsupported(format_args!("Opus without its header in {family}"))
                })?;
                (params, priming) = (head.params(), head.pre_skip.into());
            }
            _ => return self.uncompressed(family),
        }
        Ok(SampleCodec { params, delay, priming, coding: None })
    }

    fn uncompressed(&self, family: &str) -> io::Result<SampleCodec> {
        let Self { format, channels, bits, little_endian, .. } = *self;
        let coding = match &format {
            _ if channels == 0 => None,
            b"lpcm" | b"fpcm" if self.float || &format == b"fpcm" => {
                Coding::float(bits, !little_endian, channels)
            }
            b"lpcm" | b"ipcm" => Coding::integer(bits, !little_endian, channels),
            b"in24" => Coding::integer(24, !little_endian, channels),
            b"in32" => Coding::integer(32, !little_endian, channels),
            b"fl32" => Coding::float(32, !little_endian, channels),
            b"fl64" => Coding::float(64, !little_endian, channels),
            b"raw " if bits == 16 => Coding::integer(16, true, channels),
            _ => Coding::apple(format, bits, channels),
        };
        let coding = coding.ok_or_else(|| {
            let codec = probe::mp4_codec(format);
            unsupported(format_args!("{codec} in {family}"))
        })?;
        let params = coding.params(self.sample_rate, channel_layout::usual(channels));
        Ok(SampleCodec { params, delay: 0, priming: 0, coding: Some(coding) })
    }
}
