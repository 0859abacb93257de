//! Parses the headers of audio frames: AAC in ADTS (ISO 13818-7, section 6.2), and MPEG audio of
//! layers 1 to 3 (ISO 11172-3, section 2.4.1.3).

use symphonia::core::codecs::audio::AudioCodecParameters;

use crate::container::channel_layout;
use crate::status::{Error, Result};
use crate::{aac, mpeg_audio};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Adts,
    MpegAudio,
}

/// Number of bytes from which a header of any coding can be parsed.
pub const HEADER_BYTES: usize = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Size of the frame in bytes, including its header.
    pub bytes: usize,
    /// Number of bytes at the start of the frame that the decoder does not expect.
    pub skipped: usize,
    /// Number of samples of each channel.
    pub samples: u64,
    pub format: Format,
}

/// The part of a header for which a decoder is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub sample_rate: u32,
    kind: FormatKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FormatKind {
    /// AAC with its configuration.
    Aac([u8; 2]),
    /// MPEG audio with the first four bytes of its header.
    Mpeg([u8; 4]),
}

impl Coding {
    /// Parses the header at the start of `bytes`, which has at least `HEADER_BYTES` bytes. Returns
    /// `None` if there is no header.
    pub fn header(self, bytes: &[u8]) -> Option<Header> {
        match self {
            Coding::Adts => adts(bytes),
            Coding::MpegAudio => mpeg(bytes),
        }
    }
}

impl Format {
    /// Returns the decoding parameters. Error messages contain `family`, the name of the file
    /// format.
    pub fn params(self, family: &str) -> Result<AudioCodecParameters> {
        match self.kind {
            FormatKind::Aac([_, layout]) if layout >> 3 & 0x0f == 0 => {
                let what = "AAC whose frames describe the channels";
                Err(Error::unsupported(format_args!("{what} in {family}")))
            }
            FormatKind::Aac(config) => aac::configure(&config, family).map(|aac| aac.params),
            FormatKind::Mpeg(header) => {
                if let Some(name) = mpeg_audio::undecodable(header) {
                    return Err(Error::unsupported(format_args!("{name} in {family}")));
                }
                let is_mono = header[3] >> 6 == 3;
                let mut params = AudioCodecParameters::new();
                params
                    .for_codec(mpeg_audio::codec_of(&header))
                    .with_sample_rate(self.sample_rate)
                    .with_channels(channel_layout::usual(if is_mono { 1 } else { 2 }));
                Ok(params)
            }
        }
    }

    /// Returns whether the decoder of this format also decodes the other format.
    pub fn decodes(self, other: Format) -> bool {
        match (self.kind, other.kind) {
            // The decoder of MPEG audio accepts all formats.
            (FormatKind::Mpeg(_), FormatKind::Mpeg(_)) => true,
            _ => self == other,
        }
    }
}

// --- internal ---

fn adts(bytes: &[u8]) -> Option<Header> {
    let [0xff, second, third, fourth, fifth, sixth, seventh, ..] = *bytes else {
        return None;
    };
    let rate_index = usize::from(third >> 2 & 0x0f);
    let sample_rate = *aac::SAMPLE_RATES.get(rate_index)?;
    let channels = (third & 1) << 2 | fourth >> 6;
    let bytes = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
    let blocks = u64::from(seventh & 3) + 1;
    let skipped = if second & 1 == 1 { 7 } else { 9 };
    if second & 0xf6 != 0xf0 || bytes <= skipped {
        return None;
    }
    let object_type = (third >> 6) + 1;
    let config =
        [object_type << 3 | (rate_index as u8) >> 1, (rate_index as u8 & 1) << 7 | channels << 3];
    let format = Format { sample_rate, kind: FormatKind::Aac(config) };
    Some(Header { bytes, skipped, samples: 1_024 * blocks, format })
}

fn mpeg(bytes: &[u8]) -> Option<Header> {
    let [0xff, second, third, fourth, ..] = *bytes else {
        return None;
    };
    // The version is 3 for MPEG 1, 2 for MPEG 2, and 0 for MPEG 2.5. The layer is 3 for layer 1.
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    if second & 0xe0 != 0xe0 || version == 1 || layer == 0 {
        return None;
    }
    let is_first = version == 3;
    let kbits: &[u16; 14] = match (is_first, layer) {
        (true, 3) => &[32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        (true, 2) => &mpeg_audio::MP2_KBITS,
        (true, _) => &[32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        (false, 3) => &[32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        (false, _) => &mpeg_audio::MP2_KBITS_OF_MPEG_2,
    };
    let kbit = *kbits.get(usize::from(third >> 4).checked_sub(1)?)?;
    let bit_rate = u64::from(kbit) * 1_000;
    let rate = *[44_100u32, 48_000, 32_000].get(usize::from(third >> 2 & 3))?;
    let sample_rate = rate
        >> match version {
            3 => 0,
            2 => 1,
            _ => 2,
        };
    let padding = u64::from(third >> 1 & 1);
    let samples = match (layer, is_first) {
        (3, _) => 384,
        (1, false) => 576,
        _ => 1_152,
    };
    // Layer 1 counts its bytes in slots of four.
    let slot = if layer == 3 { 4 } else { 1 };
    let slots = samples / 8 / slot * bit_rate / u64::from(sample_rate) + padding;
    let format = Format { sample_rate, kind: FormatKind::Mpeg([0xff, second, third, fourth]) };
    Some(Header { bytes: (slots * slot) as usize, skipped: 0, samples, format })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_headers_of_adts() {
        let header = Coding::Adts.header(b"\xff\xf1\x50\x80\x02\x1f\xfc").unwrap();
        assert_eq!((header.bytes, header.skipped, header.samples), (16, 7, 1_024));
        assert_eq!(header.format.sample_rate, 44_100);
        assert_eq!(header.format.kind, FormatKind::Aac([0x12, 0x10]));
        let with_checksum = Coding::Adts.header(b"\xff\xf0\x50\x80\x02\x1f\xfd").unwrap();
        assert_eq!((with_checksum.skipped, with_checksum.samples), (9, 2_048));
        for invalid in [
            b"\xff\xf7\x50\x80\x02\x1f\xfc",
            b"\xff\xf1\x7c\x80\x02\x1f\xfc",
            b"\xff\xf1\x50\x80\x00\xff\xfc",
        ] {
            assert_eq!(Coding::Adts.header(invalid), None);
        }
    }

    #[test]
    fn reports_what_no_decoder_accepts() {
        let error = |coding: Coding, bytes: &[u8]| {
            let params = coding.header(bytes).unwrap().format.params("a test");
            params.err().map(|error| error.message)
        };
        let mono = error(Coding::MpegAudio, b"\xff\xfd\xe4\xc0\0\0\0").unwrap();
        assert!(mono.contains("mp2 in mono at 384 kbit/s in a test"), "{mono}");
        assert_eq!(error(Coding::MpegAudio, b"\xff\xfd\xa4\xc0\0\0\0"), None);
        let described = error(Coding::Adts, b"\xff\xf1\x50\x00\x02\x1f\xfc").unwrap();
        assert!(described.contains("whose frames describe the channels"), "{described}");
        assert_eq!(error(Coding::Adts, b"\xff\xf1\x50\x80\x02\x1f\xfc"), None);
    }

    #[test]
    fn parses_headers_of_mpeg_audio() {
        let size = |bytes: &[u8; 4]| {
            let header = Coding::MpegAudio.header(bytes)?;
            Some((header.bytes, header.samples, header.format.sample_rate))
        };
        assert_eq!(size(b"\xff\xfb\x90\x00"), Some((417, 1_152, 44_100)));
        assert_eq!(size(b"\xff\xfb\x92\x00"), Some((418, 1_152, 44_100)));
        assert_eq!(size(b"\xff\xf3\x84\xc0"), Some((192, 576, 24_000)));
        assert_eq!(size(b"\xff\xe3\x18\xc0"), Some((72, 576, 8_000)));
        assert_eq!(size(b"\xff\xfd\xa4\x00"), Some((576, 1_152, 48_000)));
        assert_eq!(size(b"\xff\xff\x94\x00"), Some((288, 384, 48_000)));
        for invalid in [b"\xff\xfb\x00\x00", b"\xff\xfb\xf0\x00", b"\xff\xfb\x9c\x00"] {
            assert_eq!(size(invalid), None);
        }
        for invalid in [b"\xff\xeb\x90\x00", b"\xff\xf9\x90\x00", b"\xff\xdb\x90\x00"] {
            assert_eq!(size(invalid), None);
        }
    }
}
