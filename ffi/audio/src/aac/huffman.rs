//! Decodes the Huffman codes of AAC.

use crate::bits::BitReader;

/// A canonical code. `counts` is the number of codes of each length, from one bit. `symbols` are in
/// the order of their codes.
#[derive(Debug)]
pub struct Book {
    pub counts: &'static [u16],
    pub symbols: &'static [u16],
}

impl Book {
    /// Reads one symbol; `None` if the packet ends before.
    pub fn read(&self, bits: &mut BitReader<'_>) -> Option<u16> {
        let window = bits.peek();
        // The first code of the current length, and the index of its symbol.
        let (mut first, mut index) = (0, 0);
        for (length, count) in (1..).zip(self.counts) {
            let count = u32::from(*count);
            let place = (window >> (32 - length)) - first;
            if place < count {
                bits.skip(length as usize)?;
                return self.symbols.get((index + place) as usize).copied();
            }
            index += count;
            first = (first + count) << 1;
        }
        None
    }
}

#[cfg(test)]
impl Book {
    /// Returns the code of a symbol and the code's length.
    pub fn code_of(&self, symbol: u16) -> (u32, u32) {
        let mut place = self.symbols.iter().position(|other| *other == symbol).unwrap() as u32;
        let mut first = 0;
        for (length, count) in (1..).zip(self.counts) {
            let count = u32::from(*count);
            if place < count {
                return (first + place, length);
            }
            place -= count;
            first = (first + count) << 1;
        }
        unreachable!("the code has no symbol {symbol}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::codebooks::{SCALE_FACTORS, SPECTRUM};
    use super::*;

    #[test]
    fn reads_codes_of_different_lengths() {
        assert_eq!(SCALE_FACTORS.code_of(60), (0, 1));
        assert_eq!(SCALE_FACTORS.code_of(61), (0b1010, 4));
        assert_eq!(SCALE_FACTORS.code_of(13), (0x7_ffff, 19));
        let mut bits = BitReader::new(&[0b0101_0111, 0xff, 0xff, 0b1100_0000]);
        let mut read = || SCALE_FACTORS.read(&mut bits);
        assert_eq!([read(), read(), read()], [Some(60), Some(61), Some(13)]);
        assert_eq!(SCALE_FACTORS.read(&mut BitReader::new(&[0xff, 0xff])), None);
    }

    #[test]
    fn every_code_is_complete() {
        for book in SPECTRUM.iter().chain([&SCALE_FACTORS]) {
            let longest = book.counts.len();
            let sum: usize = (1..)
                .zip(book.counts)
                .map(|(length, count)| usize::from(*count) << (longest - length))
                .sum();
            assert_eq!(sum, 1 << longest);
            let mut symbols = book.symbols.to_vec();
            symbols.sort_unstable();
            assert!(symbols.iter().map(|symbol| usize::from(*symbol)).eq(0..symbols.len()));
        }
    }
}
