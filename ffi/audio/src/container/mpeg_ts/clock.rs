//! Computes with the times of an MPEG transport stream. They count ticks of 90 kHz in 33 bits, so
//! they start again after 26.5 hours.

use crate::container::stream::LATE_NS_MAX;

const TICKS_PER_SECOND: u64 = 90_000;
const TIME_BITS: u32 = 33;
/// Longest gap in ticks that silence fills: one minute. After a longer gap, the times have started
/// again.
const GAP_MAX: i64 = 60 * TICKS_PER_SECOND as i64;

/// Returns the time in nanoseconds by which `audio` is later than `video`; 0 if it is not later.
pub fn late_ns(audio: u64, video: u64) -> u64 {
    let ticks = u64::try_from(difference(audio, video)).unwrap_or_default();
    let ns = ticks.saturating_mul(1_000_000_000) / TICKS_PER_SECOND;
    if ns <= LATE_NS_MAX { ns } else { 0 }
}

/// Finds the gaps that lost packets leave in the times of the frames.
#[derive(Debug, Default)]
pub struct Clock {
    /// Time at which the next frame is expected.
    expected: Option<u64>,
    has_lost: bool,
}

impl Clock {
    /// Processes a frame. Returns the number of samples that were lost before it. `has_lost` says
    /// whether packets were lost before the frame. Without lost packets, a gap in the times does not
    /// count, because the times start again where recordings are joined.
    pub fn add(
        &mut self,
        time: Option<u64>,
        has_lost: bool,
        samples: u64,
        sample_rate: u32,
    ) -> u64 {
        self.has_lost |= has_lost;
        let frame = (samples * TICKS_PER_SECOND / u64::from(sample_rate.max(1))).max(1);
        let mut lost = 0;
        if let Some(time) = time {
            let gap = self.expected.map_or(0, |expected| difference(time, expected));
            if std::mem::take(&mut self.has_lost) && (0..=GAP_MAX).contains(&gap) {
                lost = (gap.unsigned_abs() + frame / 2) / frame * samples;
            }
            self.expected = Some(time);
        }
        self.expected = self.expected.map(|expected| expected + frame);
        lost
    }
}

// --- internal ---

/// Returns the signed difference of two times that may have started again between them.
fn difference(time: u64, before: u64) -> i64 {
    let unused = u64::BITS - TIME_BITS;
    (time.wrapping_sub(before) << unused).cast_signed() >> unused
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: u64 = (1 << TIME_BITS) - 1;

    #[test]
    fn audio_may_start_later_than_the_video() {
        assert_eq!(late_ns(180_000, 90_000), 1_000_000_000);
        assert_eq!(late_ns(90_000, 180_000), 0);
        assert_eq!(late_ns(89_999, LAST), 1_000_000_000);
        assert_eq!(late_ns(LAST, 89_999), 0);
        assert_eq!(late_ns(5 * 3_600 * 90_000, 0), 0);
    }

    #[test]
    fn counts_the_samples_of_lost_frames() {
        let mut clock = Clock::default();
        let mut add = |time, has_lost| clock.add(time, has_lost, 1_024, 48_000);
        assert_eq!(add(Some(LAST - 1_919), true), 0);
        // A frame lasts 1,920 ticks.
        assert_eq!(add(Some(0), false), 0);
        assert_eq!(add(Some(1_920 * 2), true), 1_024);
        // The first frame after the loss has no time.
        assert_eq!(add(None, true), 0);
        assert_eq!(add(Some(1_920 * 7 + 50), false), 3 * 1_024);
        // Without a loss, or if the gap is too long, the times have started again.
        assert_eq!(add(Some(1_920 * 20), false), 0);
        assert_eq!(add(Some(1_920 * 5_000), true), 0);
        assert_eq!(add(Some(1_920 * 5_000), true), 0);
    }
}
