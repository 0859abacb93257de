//! Reads the elementary stream descriptor (ISO 14496-1, section 7.2.6) of mp4 and caf files.

use crate::probe;

#[derive(Debug, PartialEq, Eq)]
pub enum Esds {
    /// AAC with its decoder configuration.
    Aac(Box<[u8]>),
    Mp3,
    /// Name of an unsupported codec.
    Other(String),
}

pub fn parse(bytes: &[u8]) -> Option<Esds> {
    let stream = descriptor(bytes, STREAM)?;
    // The descriptor starts with an id, then flags for optional fields.
    let [_, _, flags, rest @ ..] = stream else {
        return None;
    };
    let dependent = if flags & 0x80 != 0 { 2 } else { 0 };
    let url = match flags & 0x40 {
        0 => 0,
        _ => 1 + usize::from(*rest.get(dependent)?),
    };
    let clock = if flags & 0x20 != 0 { 2 } else { 0 };
    let decoder = descriptor(rest.get(dependent + url + clock..)?, DECODER_CONFIG)?;
    let object_type = *decoder.first()?;
    let config = decoder.get(13..).and_then(|rest| descriptor(rest, DECODER_SPECIFIC));
    Some(match object_type {
        0x40 | 0x66..=0x68 => Esds::Aac(config?.into()),
        0x69 | 0x6b => Esds::Mp3,
        other => Esds::Other(probe::mpeg4_codec(other)),
    })
}

// --- internal ---

const STREAM: u8 = 3;
const DECODER_CONFIG: u8 = 4;
const DECODER_SPECIFIC: u8 = 5;

/// Returns the content of the descriptor at the start of `bytes`; `None` if the descriptor has
/// another tag.
fn descriptor(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let (found, mut rest) = bytes.split_first()?;
    let mut len = 0;
    for _ in 0..4 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        len = len << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (*found == tag).then(|| rest.get(..len).unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_codec_and_its_configuration() {
        let aac =
            b"\x03\x80\x80\x80\x19\0\x01\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\x12\x10";
        assert_eq!(parse(aac), Some(Esds::Aac(Box::from([0x12, 0x10]))));
        let mp3 = b"\x03\x12\0\x01\0\x04\x0d\x6b\x15\0\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(parse(mp3), Some(Esds::Mp3));
        let ac3 = b"\x03\x12\0\x01\0\x04\x0d\xa5\x15\0\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(parse(ac3), Some(Esds::Other("AC-3".to_owned())));
        assert_eq!(parse(&aac[..12]), None);
        assert_eq!(parse(b""), None);
    }
}
