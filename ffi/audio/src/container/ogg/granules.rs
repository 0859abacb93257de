//! Converts the granule positions of a stream to frames. For Opus, granule positions count frames
//! at 48 kHz. However, some encoders count frames at the input rate that the header declares.

use super::mapping::Mapping;
use super::page::Page;
use crate::opus;

#[derive(Clone, Copy, Debug, Default)]
pub struct Granules {
    /// Input rate in the Opus header, in Hz, if it is at least 8 kHz and less than 48 kHz;
    /// otherwise 0. Granule positions may count frames at this rate instead of 48 kHz.
    other_rate: u32,
    /// Whether granule positions count frames at `other_rate`; `None` until a page shows at which
    /// rate they count.
    uses_other: Option<bool>,
    /// Granule position of the previous page.
    before: u64,
}

impl Granules {
    pub fn new(mapping: &Mapping) -> Self {
        let other_rate = match mapping {
            Mapping::Opus(head) if (8_000..opus::SAMPLE_RATE).contains(&head.input_rate) => {
                head.input_rate
            }
            _ => 0,
        };
        Granules { other_rate, ..Granules::default() }
    }

    /// Returns the end of the page, in frames from the start of the stream; `None` if the page has
    /// no granule position.
    pub fn end_of(&mut self, page: &Page) -> Option<u64> {
        let granule = page.granule?;
        if self.uses_other.is_none() && self.other_rate > 0 && granule > 0 {
            self.learn(page, granule);
        }
        self.before = granule;
        Some(match self.uses_other {
            Some(true) => at_full_rate(granule, self.other_rate),
            _ => granule,
        })
    }

    fn learn(&mut self, page: &Page, granule: u64) {
        let packets = page.parts().into_iter().filter(|part| part.ends);
        let lengths: Vec<u64> = packets
            .filter_map(|part| opus::packet_frames(part.bytes))
            .map(|frames| frames as u64)
            .collect();
        let frames = lengths.iter().sum::<u64>();
        // `passed` must be about as large as `frames`. A difference of up to two packets is
        // accepted, because the start of the first packet and the end of the last packet may be
        // removed.
        let near = 2 * lengths.last().copied().unwrap_or_default();
        let passed = granule.saturating_sub(self.before);
        let is_near = |passed: u64| passed.abs_diff(frames) <= near;
        if frames == 0 {
            return;
        }
        if is_near(passed) {
            self.uses_other = Some(false);
        } else if is_near(at_full_rate(passed, self.other_rate)) {
            self.uses_other = Some(true);
        }
    }
}

// --- internal ---

fn at_full_rate(granule: u64, rate: u32) -> u64 {
    let frames = u128::from(granule) * u128::from(opus::SAMPLE_RATE) / u128::from(rate.max(1));
    u64::try_from(frames).unwrap_or(u64::MAX)
}
