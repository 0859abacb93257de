//! Computes the size of the tables that a Vorbis setup header declares. A forged header of a few
//! bytes can declare gigabytes, and the decoder would allocate them.

const SETUP: &[u8] = b"\x05vorbis";
const CODEBOOK: u64 = 0x56_43_42;
/// Number of bytes per codebook entry: its length, its code and its node in the code tree.
const ENTRY_BYTES: u64 = 48;
/// Number of bytes per value of an entry.
const VALUE_BYTES: u64 = size_of::<f32>() as u64;

/// Returns the size in bytes of the codebooks of a configuration. Stops counting above `max`.
/// Ignores invalid data, because the decoder rejects it later.
pub fn table_bytes(config: &[u8], max: u64) -> u64 {
    let setup = config.windows(SETUP.len()).position(|bytes| bytes == SETUP);
    let setup = setup.and_then(|at| config.get(at + SETUP.len()..)).unwrap_or_default();
    let mut bits = Bits { bytes: setup, at: 0 };
    let mut bytes = 0;
    for _ in 0..=bits.read(8).unwrap_or_default() {
        match bits.codebook_bytes(max) {
            Some(codebook) => bytes += codebook,
            None => break,
        }
        if bytes > max {
            break;
        }
    }
    bytes
}

// --- internal ---

/// Reads the bits of a header, lowest bit first.
struct Bits<'s> {
    bytes: &'s [u8],
    at: u64,
}

impl Bits<'_> {
    /// Returns the size of the next codebook in bytes; `None` if the data ends. Stops counting if
    /// the size exceeds `max`.
    fn codebook_bytes(&mut self, max: u64) -> Option<u64> {
        if self.read(24)? != CODEBOOK {
            return None;
        }
        let (dimensions, entries) = (self.read(16)?, self.read(24)?);
        let values = entries * dimensions;
        let bytes = entries * ENTRY_BYTES + values * VALUE_BYTES;
        if bytes > max {
            return Some(bytes);
        }
        if self.read(1)? == 1 {
            self.skip(5)?;
            let mut entry = 0;
            while entry < entries {
                let left = entries - entry;
                entry += self.read(u64::from(u64::BITS - left.leading_zeros()))?;
            }
        } else {
            let sparse = self.read(1)? == 1;
            for _ in 0..entries {
                if !sparse || self.read(1)? == 1 {
                    self.skip(5)?;
                }
            }
        }
        let lookup = self.read(4)?;
        if lookup > 0 {
            self.skip(64)?;
            let value_bits = self.read(4)? + 1;
            let stored = if lookup == 1 { whole_root(entries, dimensions) } else { values };
            self.skip(1 + stored * value_bits)?;
        }
        Some(bytes)
    }

    fn read(&mut self, count: u64) -> Option<u64> {
        let mut value = 0;
        for bit in 0..count {
            let at = self.at + bit;
            let byte = self.bytes.get(usize::try_from(at / 8).ok()?)?;
            value |= u64::from(byte >> (at % 8) & 1) << bit;
        }
        self.at += count;
        Some(value)
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.at += count;
        (self.at <= 8 * self.bytes.len() as u64).then_some(())
    }
}

/// Returns the largest number n for which n to the power of `exponent` is at most `of`.
fn whole_root(of: u64, exponent: u64) -> u64 {
    let exponent = u32::try_from(exponent).unwrap_or(u32::MAX).max(1);
    let fits = |root: u64| root.checked_pow(exponent).is_some_and(|power| power <= of);
    let (mut fitting, mut above) = (0, of + 1);
    while above - fitting > 1 {
        let middle = fitting.midpoint(above);
        if fits(middle) {
            fitting = middle;
        } else {
            above = middle;
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a configuration that consists of these pairs of a number and its bit width.
    fn config(fields: &[(u64, u32)]) -> Vec<u8> {
        let bits: Vec<bool> = fields
            .iter()
            .flat_map(|(n, count)| (0..*count).map(move |bit| n >> bit & 1 == 1))
            .collect();
        let byte =
            |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        let setup: Vec<u8> = bits.chunks(8).map(byte).collect();
        [b"\x01vorbis and what else lies before\x05vorbis".as_slice(), &setup].concat()
    }

    /// Returns a configuration with three codebooks of different kinds, then one codebook with
    /// `dimensions` and `entries`.
    fn after_others(dimensions: u64, entries: u64) -> Vec<u8> {
        let mut fields = vec![(3, 8)];
        // The first codebook has ordered lengths and a value for each entry. The second is sparse
        // and has shared values. The third has no values.
        fields.extend([(CODEBOOK, 24), (2, 16), (4, 24), (1, 1), (0, 5), (4, 3)]);
        fields.extend([(2, 4), (7, 64), (3, 4), (0, 1), (0xabcd_ef01, 32)]);
        fields.extend([(CODEBOOK, 24), (2, 16), (9, 24), (0, 1), (1, 1), (1, 1), (3, 5), (0, 8)]);
        fields.extend([(1, 4), (7, 64), (1, 4), (0, 1), (0b11_01_10, 6)]);
        fields.extend([(CODEBOOK, 24), (1, 16), (2, 24), (0, 1), (0, 1), (5, 5), (6, 5), (0, 4)]);
        fields.extend([(CODEBOOK, 24), (dimensions, 16), (entries, 24), (0, 64)]);
        config(&fields)
    }

    #[test]
    fn counts_tables_that_are_too_large() {
        const MAX: u64 = 32 << 20;
        for (dimensions, entries) in [(1, 1 << 23), (65_535, 1 << 23), (8, 1 << 20)] {
            let bytes = table_bytes(&after_others(dimensions, entries), MAX);
            // The three codebooks before the last codebook have 15 entries and 28 values in total.
            assert_eq!(bytes, 48 * (15 + entries) + 4 * (28 + dimensions * entries));
            assert!(bytes > MAX);
        }
        assert!(table_bytes(&after_others(8, 1 << 14), MAX) < MAX);
    }

    #[test]
    fn counts_zero_bytes_for_invalid_data() {
        let whole = after_others(1, 1 << 23);
        for end in 0..whole.len() - 16 {
            assert!(table_bytes(&whole[..end], 1 << 20) < 1_000, "cut at {end}");
        }
    }

    #[test]
    fn rounds_roots_down() {
        assert_eq!([whole_root(8, 3), whole_root(7, 3), whole_root(0, 2)], [2, 1, 0]);
        assert_eq!(whole_root((1 << 24) - 1, 1), (1 << 24) - 1);
        assert_eq!(whole_root(1 << 24, 65_535), 1);
    }
}
