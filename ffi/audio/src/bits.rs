//! Reads the bits of a packet, most significant bit first.

#[derive(Clone, Copy, Debug)]
pub struct BitReader<'b> {
    bytes: &'b [u8],
    /// Number of bits that were read so far.
    position: usize,
}

impl<'b> BitReader<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        BitReader { bytes, position: 0 }
    }

    /// Returns the number of bits that are left.
    pub fn left(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.position)
    }

    /// Returns the next 32 bits without reading them. Bits after the end are 0.
    pub fn peek(&self) -> u32 {
        let rest = self.bytes.get(self.position / 8..).unwrap_or_default();
        let mut window = [0; 8];
        window.iter_mut().zip(rest.iter().take(5)).for_each(|(to, from)| *to = *from);
        (u64::from_be_bytes(window) << (self.position % 8) >> 32) as u32
    }

    /// Reads at most 32 bits; `None` if fewer are left.
    pub fn read(&mut self, count: u32) -> Option<u32> {
        let value = self.peek().checked_shr(32 - count).unwrap_or_default();
        self.skip(count as usize)?;
        Some(value)
    }

    pub fn flag(&mut self) -> Option<bool> {
        self.read(1).map(|bit| bit == 1)
    }

    pub fn skip(&mut self, count: usize) -> Option<()> {
        if count > self.left() {
            return None;
        }
        self.position += count;
        Some(())
    }

    /// Skips the bits before the next whole byte.
    pub fn align(&mut self) {
        self.position = self.position.next_multiple_of(8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bits_over_the_borders_of_bytes() {
        let mut bits = BitReader::new(&[0b1010_0000, 0xff, 0x12, 0x34, 0x56, 0x78]);
        assert_eq!((bits.read(3), bits.read(0), bits.read(9)), (Some(5), Some(0), Some(15)));
        assert_eq!(bits.read(32), Some(0xf123_4567));
        assert_eq!((bits.left(), bits.peek() >> 24), (4, 0x80));
        assert_eq!((bits.read(5), bits.read(4), bits.flag()), (None, Some(8), None));
    }

    #[test]
    fn aligns_to_bytes() {
        let mut bits = BitReader::new(&[0x80, 0x01]);
        bits.align();
        assert_eq!((bits.left(), bits.flag()), (16, Some(true)));
        bits.align();
        assert_eq!(bits.read(8), Some(1));
    }
}
