//! Decodes mp3 and older layers of MPEG audio. A decoder supports only one sample rate and one
//! number of channels. The rate and the number of channels may change within a file, for example in
//! a joined file or a recorded radio stream. Therefore this code uses one decoder for each kind of
//! frame.

use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
};
use symphonia::core::errors::Result;

/// Maximum number of decoders that exist at the same time. If one more kind of frame occurs, the
/// oldest decoder is removed.
const DECODERS_MAX: usize = 8;

/// Decoders for the frames of a file, one for each kind of frame.
pub struct MpegAudio {
    params: AudioCodecParameters,
    decoders: Vec<(Kind, Box<dyn AudioDecoder>)>,
}

/// The properties of a frame header that determine its decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    version_and_layer: u8,
    rate: u8,
    mono: bool,
}

/// Returns the codec of a frame. `frame` is at least the first two bytes of the frame.
pub fn codec_of(frame: &[u8]) -> AudioCodecId {
    Kind::of(frame).codec()
}

/// Returns the name of a frame that the decoder rejects, from the first four bytes of the frame;
/// `None` if the decoder accepts it. The standard forbids some bit rates of mp2 in mono and in
/// stereo, but some encoders use them.
pub fn undecodable(header: [u8; 4]) -> Option<String> {
    let [0xff, kind, rates, mode] = header else {
        return None;
    };
    if kind & 0b1110_0110 != 0b1110_0100 {
        return None;
    }
    let kbits = if kind & 0b1_1000 == 0b1_1000 { MP2_KBITS } else { MP2_KBITS_OF_MPEG_2 };
    let kbit = kbits.get(usize::from(rates >> 4).checked_sub(1)?)?;
    let (channels, forbidden) = match mode >> 6 {
        0b11 => ("mono", [224, 256, 320, 384]),
        _ => ("stereo", [32, 48, 56, 80]),
    };
    forbidden.contains(kbit).then(|| format!("mp2 in {channels} at {kbit} kbit/s"))
}

impl MpegAudio {
    pub fn new(params: &AudioCodecParameters) -> Self {
        MpegAudio { params: params.clone(), decoders: Vec::new() }
    }

    /// Returns the decoder of a frame. The decoder may reject the frame.
    pub fn decoder_of(&mut self, frame: &[u8]) -> Result<&mut dyn AudioDecoder> {
        let kind = Kind::of(frame);
        let known = self.decoders.iter().position(|(known, _)| *known == kind);
        let index = match known {
            Some(index) => index,
            None => {
                self.params.codec = kind.codec();
                // The decoder does not remove delay and padding, because trim.rs removes them.
                let options = AudioDecoderOptions::default().gapless(false);
                let codecs = symphonia::default::get_codecs();
                let decoder = codecs.make_audio_decoder(&self.params, &options)?;
                if self.decoders.len() == DECODERS_MAX {
                    self.decoders.remove(0);
                }
                self.decoders.push((kind, decoder));
                self.decoders.len() - 1
            }
        };
        match self.decoders.get_mut(index) {
            Some((_, decoder)) => Ok(decoder.as_mut()),
            None => symphonia::core::errors::decode_error("mpa: no decoder"),
        }
    }
}

/// The bit rates of mp2 in kbit/s, in the order of their indices, which start at 1.
pub const MP2_KBITS: [u16; 14] = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];

/// The bit rates of layers 2 and 3 of MPEG 2.
pub const MP2_KBITS_OF_MPEG_2: [u16; 14] =
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

// --- internal ---

impl Kind {
    fn of(frame: &[u8]) -> Kind {
        let byte = |index: usize| frame.get(index).copied().unwrap_or_default();
        Kind {
            version_and_layer: byte(1) & 0b0001_1110,
            rate: byte(2) & 0b0000_1100,
            mono: byte(3) >> 6 == 0b11,
        }
    }

    fn codec(self) -> AudioCodecId {
        match self.version_and_layer >> 1 & 3 {
            3 => codec::CODEC_ID_MP1,
            2 => codec::CODEC_ID_MP2,
            _ => codec::CODEC_ID_MP3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_frames_that_the_decoder_rejects() {
        let name = |header: &[u8; 4]| undecodable(*header);
        assert_eq!(name(b"\xff\xfd\xe4\xc0").unwrap(), "mp2 in mono at 384 kbit/s");
        assert_eq!(name(b"\xff\xf5\x60\x00").unwrap(), "mp2 in stereo at 48 kbit/s");
        for other in [
            b"\xff\xfd\xe4\x00",
            b"\xff\xfd\xa4\xc0",
            b"\xff\xfb\xe4\xc0",
            b"\xff\xfd\xf4\xc0",
            b"\xff\xfd\x04\xc0",
            b"\0\xfd\xe4\xc0",
        ] {
            assert_eq!(name(other), None);
        }
    }

    #[test]
    fn distinguishes_kinds_of_frames() {
        let stereo = Kind::of(b"\xff\xfb\x90\x00");
        assert_eq!(stereo.codec(), codec::CODEC_ID_MP3);
        // A decoder can continue with another bit rate or with joint stereo. It cannot continue
        // with mono or another sample rate.
        assert_eq!(Kind::of(b"\xff\xfb\xa2\x40"), stereo);
        assert_ne!(Kind::of(b"\xff\xfb\x90\xc0"), stereo);
        assert_ne!(Kind::of(b"\xff\xfb\x94\x00"), stereo);
        assert_eq!(Kind::of(b"\xff\xfd\x90\x00").codec(), codec::CODEC_ID_MP2);
        assert_eq!(Kind::of(b"\xff\xff\x90\x00").codec(), codec::CODEC_ID_MP1);
    }
}
