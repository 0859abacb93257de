//! Removes the inaudible frames of a track: encoder delay, padding, and the frames that edits
//! remove.

use std::ops::Range;

/// Maximum position of the first decoded frame. It prevents an overflow of later positions.
const POSITION_MAX: u64 = 1 << 62;

/// Ranges of decoded frames to keep, in ascending order and without overlaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trim {
    keep: Vec<Range<u64>>,
    position: u64,
    /// Number of frames of silence to insert before the first decoded frame. Positions in the
    /// ranges count these frames, too.
    delay: u64,
}

impl Trim {
    pub fn none() -> Self {
        Trim::range(0, u64::MAX)
    }

    pub fn start(frames: u64) -> Self {
        Trim::range(frames, u64::MAX)
    }

    pub fn range(start: u64, end: u64) -> Self {
        Trim::ranges(std::iter::once(start..end).collect())
    }

    pub fn ranges(keep: Vec<Range<u64>>) -> Self {
        Trim { keep, position: 0, delay: 0 }
    }

    /// Makes `frames` the position of the first decoded frame.
    pub fn starting_at(self, frames: u64) -> Self {
        Trim { position: frames.min(POSITION_MAX), ..self }
    }

    /// Adds `frames` frames of silence before the first decoded frame.
    pub fn after_delay(self, frames: u64) -> Self {
        Trim { delay: frames, ..self }
    }

    /// Keeps all frames after the start of the last range.
    pub fn with_open_end(mut self) -> Self {
        if let Some(last) = self.keep.last_mut() {
            last.end = u64::MAX;
        }
        self
    }

    /// Inserts the frames of silence before the first frames, and removes the inaudible frames.
    /// `planes` must contain the next decoded frames of the track. A plane contains the samples of
    /// one channel. All planes have the same length.
    pub fn apply(&mut self, planes: &mut [Vec<f32>]) {
        let delay = std::mem::take(&mut self.delay);
        let frames = planes.first().map_or(0, Vec::len) as u64;
        let start = self.position;
        self.position = start + delay + frames;
        for plane in planes {
            plane.splice(0..0, std::iter::repeat_n(0.0, delay as usize));
            self.cut(plane, start);
        }
    }

    /// Removes the inaudible frames of one channel. The first frame is at position `start`.
    fn cut(&self, frames: &mut Vec<f32>, start: u64) {
        let end = start + frames.len() as u64;
        let mut kept = 0;
        for range in &self.keep {
            let from = range.start.clamp(start, end) - start;
            let to = range.end.clamp(start, end) - start;
            let (from, to) = (from as usize, to as usize);
            if from < to {
                frames.copy_within(from..to, kept);
                kept += to - from;
            }
        }
        frames.truncate(kept);
    }

    /// Returns the number of audible frames among the first `frames` frames.
    pub fn audible_in(&self, frames: u64) -> u64 {
        let audible = |range: &Range<u64>| range.end.min(frames).saturating_sub(range.start);
        self.keep.iter().map(audible).sum()
    }

    /// Returns the number of frames that were processed so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Makes all frames from position `end` on inaudible.
    pub fn end_at(&mut self, end: u64) {
        for range in &mut self.keep {
            range.end = range.end.min(end);
        }
    }

    /// Returns whether all later frames are inaudible.
    pub fn is_over(&self) -> bool {
        self.keep.last().is_none_or(|range| self.position >= range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(trim: &mut Trim, packets: &[Range<u32>]) -> Vec<f32> {
        let mut all = Vec::new();
        for packet in packets {
            let frames: Vec<f32> = packet.clone().map(|n| n as f32).collect();
            let mut planes = [frames.clone(), frames];
            trim.apply(&mut planes);
            assert_eq!(planes[0], planes[1]);
            all.extend(&planes[0]);
        }
        all
    }

    #[test]
    fn keeps_ranges_that_span_several_packets() {
        let mut trim = Trim::ranges(vec![3..6, 8..9]);
        assert_eq!(kept(&mut trim, &[0..4, 4..5, 5..12]), [3.0, 4.0, 5.0, 8.0]);
        assert!(trim.is_over());
    }

    #[test]
    fn cuts_at_an_end_that_is_set_later() {
        let mut trim = Trim::start(1);
        assert_eq!(kept(&mut trim, &[0..2, 2..3]), [1.0, 2.0]);
        assert_eq!(trim.position(), 3);
        trim.end_at(4);
        assert_eq!(kept(&mut trim, &[3..6, 6..8]), [3.0]);
        assert!(trim.is_over());
    }

    #[test]
    fn counts_a_delay() {
        assert_eq!(kept(&mut Trim::start(1).after_delay(2), &[1..2, 2..3]), [0.0, 1.0, 2.0]);
        assert_eq!(kept(&mut Trim::start(3).after_delay(2), &[1..2, 2..3]), [2.0]);
    }

    #[test]
    fn keeps_all_frames_by_default() {
        assert_eq!(kept(&mut Trim::none(), &[0..2, 2..3]), [0.0, 1.0, 2.0]);
    }
}
