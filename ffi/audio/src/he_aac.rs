//! HE-AAC: its low-complexity core, at half the rate, which is what is decoded here.

use symphonia::core::io::{BitReaderLtr, ReadBitsLtr};

/// How much later a full decoder gives the same sound: 962 frames of the doubled rate. Edit lists
/// count on it.
pub const CORE_DELAY: u64 = 481;

const LOW_COMPLEXITY: u32 = 2;
const SPECTRAL_BAND_REPLICATION: u32 = 5;
const PARAMETRIC_STEREO: u32 = 29;
const SYNC_EXTENSION: u32 = 0x2b7;

/// The configuration of the core alone when `config` (ISO 14496-3, section 1.6.2.1) says HE-AAC,
/// be it in front or, for older decoders, behind.
pub fn core_config(config: &[u8]) -> Option<Box<[u8]>> {
    let mut bits = Bits(BitReaderLtr::new(config));
    let mut object_type = bits.object_type()?;
    let rate = bits.rate_index()?;
    let channels = bits.read(4)?;
    let in_front = matches!(object_type, SPECTRAL_BAND_REPLICATION | PARAMETRIC_STEREO);
    if in_front {
        bits.rate_index()?;
        object_type = bits.object_type()?;
    }
    let flags = bits.read(3)?;
    if object_type != LOW_COMPLEXITY || flags & 0b011 != 0 {
        return None;
    }
    let mut behind = || {
        let sync = bits.read(11)? == SYNC_EXTENSION;
        Some(sync && bits.object_type()? == SPECTRAL_BAND_REPLICATION && bits.read(1)? == 1)
    };
    let found = in_front || behind().unwrap_or_default();
    let core = LOW_COMPLEXITY << 11 | rate << 7 | channels << 3 | flags;
    found.then(|| (core as u16).to_be_bytes().into())
}

struct Bits<'s>(BitReaderLtr<'s>);

impl Bits<'_> {
    fn read(&mut self, count: u32) -> Option<u32> {
        self.0.read_bits_leq32(count).ok()
    }

    fn object_type(&mut self) -> Option<u32> {
        match self.read(5)? {
            31 => Some(32 + self.read(6)?),
            object_type => Some(object_type),
        }
    }

    /// A rate that is no standard one, spelled out, is not met in HE-AAC.
    fn rate_index(&mut self) -> Option<u32> {
        self.read(4).filter(|index| *index != 15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_core_of_he_aac_only() {
        // Mono at 22.05 kHz: HE-AAC in front, behind, and not at all.
        let core = Some(Box::from([0x13, 0x88]));
        assert_eq!(core_config(&[0x2b, 0x8a, 0x08, 0x00]), core);
        assert_eq!(core_config(&[0x13, 0x88, 0x56, 0xe5, 0xa0]), core);
        assert_eq!(core_config(&[0x13, 0x88, 0x56, 0xe5, 0x00]), None);
        assert_eq!(core_config(&[0x13, 0x88]), None);
        assert_eq!(core_config(&[]), None);
    }
}
