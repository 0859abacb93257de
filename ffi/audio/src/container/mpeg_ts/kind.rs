//! Determines the codec of a stream from its type and its descriptors.

use super::frame::Coding;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Audio whose frames can be read.
    Audio(Coding),
    /// Name of an unsupported audio codec.
    Unsupported(&'static str),
    Video,
    Other,
}

/// The descriptors of a program or of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Descriptors<'d>(pub &'d [u8]);

impl Kind {
    pub fn of(stream_type: u8, stream: Descriptors, program: Descriptors) -> Kind {
        match stream_type {
            0x03 | 0x04 => Kind::Audio(Coding::MpegAudio),
            0x0f => Kind::Audio(Coding::Adts),
            0x11 => Kind::Unsupported("AAC in LATM"),
            0x1c => Kind::Unsupported("MPEG-4 audio without ADTS"),
            0x2d | 0x2e => Kind::Unsupported("MPEG-H"),
            0x01 | 0x02 | 0x10 | 0x1b | 0x20 | 0x24 | 0x33 | 0x42 | 0xd1 | 0xd2 | 0xdb | 0xea => {
                Kind::Video
            }
            0x80 if program.is_registered(b"HDMV") => Kind::Unsupported("Blu-ray PCM"),
            0x81 | 0x87 | 0xc1 | 0xc2 if stream.is_registered(b"EAC3") => {
                Kind::Unsupported("E-AC-3")
            }
            0x81 => Kind::Unsupported("AC-3"),
            0x82 | 0x85 | 0x86 | 0x8a => Kind::Unsupported("DTS"),
            0x83 => Kind::Unsupported("TrueHD"),
            0x84 | 0x87 | 0xa1 => Kind::Unsupported("E-AC-3"),
            0xc1 | 0xc2 | 0xcf => Kind::Unsupported("encrypted audio"),
            0x06 => Kind::of_private(stream),
            _ => Kind::Other,
        }
    }

    /// Determines the codec of a private stream, for example in European television.
    fn of_private(stream: Descriptors) -> Kind {
        let registered = [
            (b"AC-3", "AC-3"),
            (b"EAC3", "E-AC-3"),
            (b"AC-4", "AC-4"),
            (b"DTS1", "DTS"),
            (b"DTS2", "DTS"),
            (b"DTS3", "DTS"),
            (b"BSSD", "SMPTE 302M PCM"),
            (b"Opus", "Opus"),
        ];
        let tags = [(0x6a, "AC-3"), (0x7a, "E-AC-3"), (0x7b, "DTS"), (0x7c, "AAC in LATM")];
        let by_name = registered.iter().find(|(name, _)| stream.is_registered(name));
        let by_tag = || tags.iter().find(|(tag, _)| stream.contains(*tag)).map(|(_, name)| *name);
        let name = by_name.map(|(_, name)| *name).or_else(by_tag);
        name.map_or(Kind::Other, Kind::Unsupported)
    }
}

impl<'d> Descriptors<'d> {
    /// Returns the tags and the contents of the descriptors.
    fn all(self) -> impl Iterator<Item = (u8, &'d [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let [tag, len, after @ ..] = rest else {
                return None;
            };
            let (content, next) = after.split_at(after.len().min(usize::from(*len)));
            rest = next;
            Some((*tag, content))
        })
    }

    fn contains(self, tag: u8) -> bool {
        self.all().any(|(found, _)| found == tag)
    }

    fn is_registered(self, name: &[u8; 4]) -> bool {
        const REGISTRATION: u8 = 5;
        self.all().any(|(tag, content)| tag == REGISTRATION && content.starts_with(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_codec() {
        let kind = |stream_type, stream: &[u8], program: &[u8]| {
            Kind::of(stream_type, Descriptors(stream), Descriptors(program))
        };
        let unsupported = Kind::Unsupported;
        assert_eq!(kind(0x0f, b"", b""), Kind::Audio(Coding::Adts));
        assert_eq!(kind(0x03, b"", b""), Kind::Audio(Coding::MpegAudio));
        assert_eq!(kind(0x1b, b"", b""), Kind::Video);
        assert_eq!(kind(0x81, b"", b""), unsupported("AC-3"));
        assert_eq!(kind(0x80, b"", b"\x05\x04HDMV"), unsupported("Blu-ray PCM"));
        assert_eq!(kind(0x80, b"", b""), Kind::Other);
        // The language precedes the other descriptor.
        assert_eq!(kind(0x06, b"\x0a\x04eng\0\x6a\x01\0", b""), unsupported("AC-3"));
        assert_eq!(kind(0x06, b"\x05\x04Opus\x7f\x02\x80\x02", b""), unsupported("Opus"));
        assert_eq!(kind(0x06, b"\x59\x08deu\x10\0\x01\0\x01", b""), Kind::Other);
        // The second descriptor is longer than its list.
        assert_eq!(kind(0x06, b"\x0a\x04eng\0\x05\xffAC-3", b""), unsupported("AC-3"));
    }
}
