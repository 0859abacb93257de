//! The windows of one channel in a packet of AAC (ISO 14496-3, section 4.5.2.3).

use super::bands::Bands;
use crate::bits::BitReader;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sequence {
    #[default]
    Long,
    /// A long window before short ones.
    Start,
    /// Eight short windows.
    Short,
    /// A long window after short ones.
    Stop,
}

#[derive(Clone, Copy, Debug)]
pub struct Windows {
    pub sequence: Sequence,
    /// Whether the windows have the Kaiser-Bessel shape, now and in the previous packet.
    pub kaiser: bool,
    pub kaiser_before: bool,
    /// Number of bands with coefficients.
    pub bands_used: usize,
    /// Number of windows in each group. Windows of one group have the same scale factors.
    groups: [u8; 8],
    group_count: usize,
    rate_bands: &'static Bands,
}

impl Windows {
    /// Number of coefficients of a long window and of a short window.
    pub const LONG: usize = 1_024;
    pub const SHORT: usize = 128;

    pub fn new(sample_rate: u32) -> Self {
        Windows {
            sequence: Sequence::default(),
            kaiser: false,
            kaiser_before: false,
            bands_used: 0,
            groups: [1; 8],
            group_count: 1,
            rate_bands: Bands::of_rate(sample_rate),
        }
    }

    /// Reads the description of the next packet; `None` if it is damaged.
    pub fn read(&mut self, bits: &mut BitReader<'_>) -> Option<()> {
        let _reserved = bits.flag()?;
        self.kaiser_before = self.kaiser;
        self.sequence = match bits.read(2)? {
            0 => Sequence::Long,
            1 => Sequence::Start,
            2 => Sequence::Short,
            _ => Sequence::Stop,
        };
        self.kaiser = bits.flag()?;
        self.groups = [1; 8];
        self.group_count = 1;
        self.bands_used = if self.is_short() {
            let bands_used = bits.read(4)?;
            for _ in 1..8 {
                if !bits.flag()? {
                    self.group_count += 1;
                } else if let Some(group) = self.groups.get_mut(self.group_count - 1) {
                    *group += 1;
                }
            }
            bands_used
        } else {
            let bands_used = bits.read(6)?;
            let has_prediction = bits.flag()?;
            if has_prediction {
                return None;
            }
            bands_used
        } as usize;
        (self.bands_used < self.bands().len()).then_some(())
    }

    /// Takes over the windows of the first channel of a pair.
    pub fn copy(&mut self, first: &Windows) {
        let kaiser_before = self.kaiser;
        *self = Windows { kaiser_before, ..*first };
    }

    pub fn is_short(&self) -> bool {
        self.sequence == Sequence::Short
    }

    pub fn count(&self) -> usize {
        if self.is_short() { 8 } else { 1 }
    }

    /// Returns the number of windows in each group.
    pub fn groups(&self) -> impl Iterator<Item = usize> + '_ {
        self.groups.iter().take(self.group_count).map(|windows| usize::from(*windows))
    }

    /// Returns the first coefficient of each band, and the end of the last one.
    pub fn bands(&self) -> &'static [u16] {
        if self.is_short() { self.rate_bands.short } else { self.rate_bands.long }
    }

    /// Returns the number of bands that temporal noise shaping can change.
    pub fn shaped_bands(&self) -> usize {
        let bands = self.rate_bands;
        let most = if self.is_short() { bands.shaped_short } else { bands.shaped_long };
        self.bands_used.min(most.into())
    }

    /// Calls `visit` for each band that is used: with its number, counted over all groups, and the
    /// range of its coefficients in one window. The windows of a group follow each other.
    pub fn each_band(
        &self,
        mut visit: impl FnMut(usize, std::ops::Range<usize>) -> Option<()>,
    ) -> Option<()> {
        let mut window = 0;
        for (group, windows) in self.groups().enumerate() {
            for (band, edges) in self.bands().windows(2).take(self.bands_used).enumerate() {
                let &[low, high] = edges else {
                    return None;
                };
                for window in window..window + windows {
                    let start = window * Windows::SHORT;
                    let range = start + usize::from(low)..start + usize::from(high);
                    visit(group * self.bands_used + band, range)?;
                }
            }
            window += windows;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_short_windows() {
        let mut windows = Windows::new(48_000);
        // Short windows, 2 bands, groups of 3, 1 and 4 windows.
        windows.read(&mut BitReader::new(&[0b0101_0010, 0b1100_1110])).unwrap();
        assert!(windows.is_short() && windows.kaiser && !windows.kaiser_before);
        assert_eq!(windows.groups().collect::<Vec<_>>(), [3, 1, 4]);
        let mut found = Vec::new();
        windows.each_band(|band, range| {
            found.push((band, range));
            Some(())
        });
        assert_eq!(found.len(), 16);
        assert_eq!(found[1], (0, 128..132));
        assert_eq!(found[6], (2, 384..388));
        assert_eq!(found[15], (5, 900..904));
    }

    #[test]
    fn refuses_more_bands_than_there_are() {
        let mut windows = Windows::new(48_000);
        assert!(windows.read(&mut BitReader::new(&[0b0000_1100, 0b0100_0000])).is_some());
        assert!(windows.read(&mut BitReader::new(&[0b0000_1100, 0b1000_0000])).is_none());
    }
}
