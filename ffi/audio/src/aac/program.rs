//! Reads the program configuration element of AAC (ISO 14496-3, section 4.4.1.1), which lists the
//! elements of each packet and the direction of their speakers.

use crate::bits::BitReader;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Single,
    Pair,
    /// The channel of low frequencies.
    Low,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Front,
    Side,
    Back,
    Low,
}

/// An element of each packet: one channel or two channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    pub kind: Kind,
    /// The number that distinguishes elements of one kind.
    pub tag: u32,
    pub direction: Direction,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    pub elements: Vec<Element>,
    /// Whether some channels are the sum of a channel and a coupling channel.
    pub has_coupling: bool,
}

impl Program {
    /// Reads the element after its id.
    pub fn read(bits: &mut BitReader<'_>) -> Option<Program> {
        let _tag_and_profile = bits.read(4 + 2 + 4)?;
        let counts = [bits.read(4)?, bits.read(4)?, bits.read(4)?];
        let low = bits.read(2)?;
        let data = bits.read(3)?;
        let coupling = bits.read(4)?;
        for mix_bits in [4, 4, 3] {
            let has_mix = bits.flag()?;
            if has_mix {
                bits.read(mix_bits)?;
            }
        }
        let mut elements = Vec::new();
        let directions = [Direction::Front, Direction::Side, Direction::Back];
        for (count, direction) in counts.into_iter().zip(directions) {
            for _ in 0..count {
                let kind = if bits.flag()? { Kind::Pair } else { Kind::Single };
                elements.push(Element { kind, tag: bits.read(4)?, direction });
            }
        }
        for _ in 0..low {
            elements.push(Element {
                kind: Kind::Low,
                tag: bits.read(4)?,
                direction: Direction::Low,
            });
        }
        bits.skip(4 * data as usize + 5 * coupling as usize)?;
        bits.align();
        let comment = bits.read(8)? as usize;
        bits.skip(8 * comment)?;
        Some(Program { elements, has_coupling: coupling > 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_elements_of_6_0() {
        // The element of a configuration: it starts after 16 bits, and a comment is at its end.
        let config = b"\x11\x80\x04\xc8\x44\x00\x20\x08\x84\x0c\x4c\x61\x76\x63\x36\x31\x2e\x33\x2e\x31\x30\x30\xff";
        let mut bits = BitReader::new(config);
        bits.skip(16);
        let program = Program::read(&mut bits).unwrap();
        let element = |kind, tag, direction| Element { kind, tag, direction };
        assert_eq!(
            program.elements,
            [
                element(Kind::Pair, 0, Direction::Front),
                element(Kind::Single, 0, Direction::Front),
                element(Kind::Pair, 1, Direction::Side),
                element(Kind::Single, 1, Direction::Back),
            ]
        );
        assert!(!program.has_coupling);
        assert_eq!(bits.read(8), Some(0xff));
        assert_eq!(Program::read(&mut BitReader::new(&config[2..16])), None);
    }
}
