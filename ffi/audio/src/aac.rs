//! Reads AAC configurations (ISO 14496-3, section 1.6.2.1). HE-AAC is decoded without its upper
//! band. The decoder decodes only the low-complexity core, which has half the sample rate.
//! Symphonia decodes mono and stereo, and this module decodes all other layouts.

mod bands;
mod channel;
mod codebooks;
mod filter_bank;
mod huffman;
mod layout;
mod noise;
mod program;
mod stereo;
mod surround;
mod tns;
mod window;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;

use crate::bits::BitReader;
use crate::container::channel_layout;
use crate::status::{Error, Result};
use layout::Layout;
use program::Program;
pub use surround::{Failure, Surround};

/// The sample rates in Hz, in the order of their indices.
pub const SAMPLE_RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// A full HE-AAC decoder returns the audio later than a decoder of only the core. This is the
/// difference in frames at the sample rate of the core. Edit lists are made for a full decoder, so
/// they include this difference.
const CORE_DELAY: u64 = 481;

#[derive(Debug)]
pub struct Aac {
    pub params: AudioCodecParameters,
    /// Number of frames of silence to insert at the start, so that the times are correct. It is 0
    /// if the configuration does not declare HE-AAC.
    pub delay: u64,
}

/// Returns the decoder parameters for `config`. Error messages contain the name `container`.
pub fn configure(bytes: &[u8], container: &str) -> Result<Aac> {
    let truncated = || Error::invalid("its AAC configuration is cut short");
    let config = Config::read(bytes).ok_or_else(truncated)?;
    let Config { object_type, sample_rate, layout, .. } = config;
    if object_type != LOW_COMPLEXITY {
        let name = profile(object_type);
        return Err(Error::unsupported(format_args!("{name} in {container}")));
    }
    if config.short_frames {
        let what = "AAC with frames of 960 samples";
        return Err(Error::unsupported(format_args!("{what} in {container}")));
    }
    let mut params = AudioCodecParameters::new();
    params.for_codec(CODEC_ID_AAC).with_sample_rate(sample_rate);
    if let 1 | 2 = layout {
        let channels = channel_layout::usual(layout as u16);
        params.with_channels(channels).with_extra_data(config.core());
    } else {
        let surround = config.surround(container)?;
        params.with_channels(surround.channels).with_extra_data(bytes.into());
    }
    Ok(Aac { params, delay: if config.high_efficiency { CORE_DELAY } else { 0 } })
}

/// Returns the decoder of a layout that Symphonia does not support; `None` if Symphonia supports
/// it. `params` must be the result of `configure`, or the parameters of an ADTS stream. Error
/// messages contain the name `container`.
pub fn surround(params: &AudioCodecParameters, container: &str) -> Result<Option<Surround>> {
    let config = match &params.extra_data {
        Some(config) => Config::read(config),
        None => {
            let channels = params.channels.clone().unwrap_or_default();
            let made = low_complexity(params.sample_rate.unwrap_or_default(), &channels);
            made.and_then(|config| Config::read(&config))
        }
    };
    match config {
        Some(config) if !matches!(config.layout, 1 | 2) => {
            let layout = config.surround(container)?;
            let has_tags = config.program.is_some();
            Ok(Some(Surround::new(layout, config.sample_rate, has_tags)))
        }
        _ => Ok(None),
    }
}

/// Builds the configuration of low-complexity AAC for a stream that has none. Returns `None` if AAC
/// has no number for the sample rate or for this number of channels.
pub fn low_complexity(sample_rate: u32, channels: &Channels) -> Option<[u8; 2]> {
    let index = SAMPLE_RATES.iter().position(|rate| *rate == sample_rate)?;
    let layout = match channels.count() {
        count @ 1..=6 => count as u32,
        7 => 11,
        8 => 7,
        _ => return None,
    };
    let config = LOW_COMPLEXITY << 11 | (index as u32) << 7 | layout << 3;
    Some((config as u16).to_be_bytes())
}

// --- internal ---

pub const COUPLING: &str = "AAC with coupling channels";
const LOW_COMPLEXITY: u32 = 2;
const SPECTRAL_BAND_REPLICATION: u32 = 5;
const PARAMETRIC_STEREO: u32 = 29;
const SYNC_EXTENSION: u32 = 0x2b7;

fn profile(object_type: u32) -> String {
    let name = match object_type {
        1 => "AAC Main",
        3 => "AAC-SSR",
        4 => "AAC-LTP",
        8 => "CELP",
        9 => "HVXC",
        17 | 19 | 20 => "error-resilient AAC",
        22 => "AAC-BSAC",
        23 => "AAC-LD",
        32..=34 => "MPEG audio layers 1 to 3 as MPEG-4",
        36 => "MPEG-4 ALS",
        37 | 38 => "MPEG-4 SLS",
        39 => "AAC-ELD",
        42 => "xHE-AAC (USAC)",
        other => return format!("MPEG-4 audio object type {other}"),
    };
    name.to_owned()
}

struct Config {
    object_type: u32,
    sample_rate: u32,
    /// Number of the channel configuration; 0 if a program configuration describes the channels.
    layout: u32,
    program: Option<Program>,
    short_frames: bool,
    high_efficiency: bool,
}

impl Config {
    /// Reads a configuration. A configuration declares HE-AAC at its start or at its end. Older
    /// decoders ignore a declaration at the end.
    fn read(config: &[u8]) -> Option<Config> {
        let mut bits = BitReader::new(config);
        let mut object_type = read_object_type(&mut bits)?;
        let sample_rate = read_sample_rate(&mut bits)?;
        let layout = bits.read(4)?;
        let declared_at_start =
            matches!(object_type, SPECTRAL_BAND_REPLICATION | PARAMETRIC_STEREO);
        if declared_at_start {
            read_sample_rate(&mut bits)?;
            object_type = read_object_type(&mut bits)?;
        }
        if object_type != LOW_COMPLEXITY {
            return Some(Config {
                object_type,
                sample_rate,
                layout,
                program: None,
                short_frames: false,
                high_efficiency: false,
            });
        }
        let short_frames = bits.read(1)? == 1;
        let depends_on_core_coder = bits.read(1)? == 1;
        if depends_on_core_coder {
            bits.read(14)?;
        }
        let _extension = bits.read(1)?;
        let program = if layout == 0 { Some(Program::read(&mut bits)?) } else { None };
        let mut declared_at_end = || {
            let sync = bits.read(11)? == SYNC_EXTENSION;
            let object_type = read_object_type(&mut bits)?;
            Some(sync && object_type == SPECTRAL_BAND_REPLICATION && bits.read(1)? == 1)
        };
        let high_efficiency = declared_at_start || declared_at_end().unwrap_or_default();
        Some(Config { object_type, sample_rate, layout, program, short_frames, high_efficiency })
    }

    /// Returns the channels of a layout that Symphonia does not support.
    fn surround(&self, container: &str) -> Result<Layout> {
        if self.program.as_ref().is_some_and(|program| program.has_coupling) {
            return Err(Error::unsupported(format_args!("{COUPLING} in {container}")));
        }
        let configured = layout::configured(self.layout);
        let elements = self.program.as_ref().map(|program| program.elements.clone());
        let layout = elements.or(configured).and_then(|elements| Layout::new(&elements));
        layout.ok_or_else(|| {
            let number = self.layout;
            Error::unsupported(format_args!("AAC with layout {number} in {container}"))
        })
    }

    /// Returns the configuration of the low-complexity core.
    fn core(&self) -> Box<[u8]> {
        let channels = u64::from(self.layout) << 3;
        let index = SAMPLE_RATES.iter().position(|rate| *rate == self.sample_rate);
        match index {
            Some(index) => {
                let core = u64::from(LOW_COMPLEXITY) << 11 | (index as u64) << 7 | channels;
                (core as u16).to_be_bytes().into()
            }
            None => {
                let rate = u64::from(self.sample_rate) << 7;
                let core = u64::from(LOW_COMPLEXITY) << 35 | 15 << 31 | rate | channels;
                (core << 24).to_be_bytes().get(..5).unwrap_or_default().into()
            }
        }
    }
}

fn read_object_type(bits: &mut BitReader<'_>) -> Option<u32> {
    match bits.read(5)? {
        31 => Some(32 + bits.read(6)?),
        object_type => Some(object_type),
    }
}

fn read_sample_rate(bits: &mut BitReader<'_>) -> Option<u32> {
    match bits.read(4)? {
        15 => bits.read(24),
        index => SAMPLE_RATES.get(index as usize).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(config: &[u8]) -> (Vec<u8>, u32, u64) {
        let Aac { params, delay } = configure(config, "a test").unwrap_or_else(|error| {
            unreachable!("{error}");
        });
        let config = params.extra_data.unwrap_or_default().into_vec();
        (config, params.sample_rate.unwrap_or_default(), delay)
    }

    #[test]
    fn decodes_the_core_of_he_aac() {
        // All configurations are mono at 22.05 kHz. The first configuration declares HE-AAC at its
        // start, and the second configuration at its end. The other two configurations do not
        // declare HE-AAC.
        assert_eq!(core(&[0x2b, 0x8a, 0x08, 0x00]), (vec![0x13, 0x88], 22_050, CORE_DELAY));
        assert_eq!(core(&[0x13, 0x88, 0x56, 0xe5, 0xa0]), (vec![0x13, 0x88], 22_050, CORE_DELAY));
        assert_eq!(core(&[0x13, 0x88, 0x56, 0xe5, 0x00]), (vec![0x13, 0x88], 22_050, 0));
        assert_eq!(core(&[0x13, 0x88]), (vec![0x13, 0x88], 22_050, 0));
    }

    #[test]
    fn keeps_a_nonstandard_rate() {
        // The configuration is stereo at 22,222 Hz.
        let config = [0x17, 0x80, 0x2b, 0x67, 0x10];
        assert_eq!(core(&config), (config.to_vec(), 22_222, 0));
    }

    #[test]
    fn names_unsupported_formats() {
        for (config, name) in [
            (&[0xf9, 0x46, 0x40, 0x00, 0x00][..], "xHE-AAC (USAC)"),
            (&[0x0a, 0x10], "AAC Main"),
            (&[0x12, 0x40], "AAC with layout 8"),
            (&[0x12, 0x00], "cut short"),
            (&[0x12, 0x14], "AAC with frames of 960 samples"),
            (&[], "cut short"),
        ] {
            let error = configure(config, "a test").err().map(|error| error.message);
            assert!(error.as_ref().is_some_and(|error| error.contains(name)), "{error:?} {name}");
        }
    }

    #[test]
    fn symphonia_decodes_only_mono_and_stereo() {
        let channels = |config: &[u8]| {
            let params = configure(config, "a test").unwrap().params;
            let surround = surround(&params, "a test").unwrap();
            (params.channels.map(|all| all.count()), surround.map(|own| own.channels().count()))
        };
        assert_eq!(channels(&[0x12, 0x10]), (Some(2), None));
        assert_eq!(channels(&[0x11, 0xb0]), (Some(6), Some(6)));
        assert_eq!(channels(&[0x11, 0xb8]), (Some(8), Some(8)));
        // Program configurations: stereo, and with a coupling channel.
        let stereo = [0x11, 0x80, 0x04, 0xc4, 0x00, 0x00, 0x20, 0x00];
        assert_eq!(channels(&stereo), (Some(2), Some(2)));
        let coupling = [0x11, 0x80, 0x04, 0xc4, 0x00, 0x02, 0x20, 0x00, 0x00];
        let error = configure(&coupling, "a test").unwrap_err();
        assert!(error.message.contains(COUPLING), "{error}");
    }

    #[test]
    fn a_stream_without_configuration_has_the_usual_layout() {
        let mut params = AudioCodecParameters::new();
        params.for_codec(CODEC_ID_AAC).with_sample_rate(48_000);
        for count in [3, 6, 7, 8] {
            params.with_channels(channel_layout::usual(count));
            let surround = surround(&params, "a test").unwrap().unwrap();
            assert_eq!(surround.channels().count(), usize::from(count));
        }
        assert_eq!(low_complexity(48_000, &channel_layout::usual(8)), Some([0x11, 0xb8]));
        assert_eq!(low_complexity(48_000, &channel_layout::usual(11)), None);
        assert_eq!(low_complexity(48_001, &channel_layout::usual(2)), None);
    }
}
