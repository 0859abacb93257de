//! Amplifies quiet audio to the level of common speech for the voice activity network. The network
//! misses parts of speech with an RMS below -55 dBFS, and all speech below -75 dBFS.
//!
//! ```text
//! loudness of a window  median RMS of five windows; a click of one or two windows has no effect
//! level of a window     maximum loudness from 4 s before the window to 4 s after it
//! gain of a window      raises the level to -20 dBFS; at least 1, at most the caller's maximum
//! ```
//!
//! The gain depends only on the samples, not on how they are divided into blocks.

use std::collections::VecDeque;

use crate::silero::WINDOW;

/// RMS of amplified audio: -20 dBFS, the level of common speech.
const TARGET: f32 = 0.1;
/// Number of windows before and after a window that determine its level: 4 s on each side. If it
/// were 2 s, the noise in a pause would be amplified too early. The speech region before the pause
/// would not have ended yet, so the noise would extend this region.
const REACH: usize = 125;
/// Number of windows on each side that determine the median of a window.
const NEIGHBOURS: usize = 2;

/// Delay between a window and its gain, in windows of 32 ms.
pub const DELAY: usize = REACH + NEIGHBOURS;

/// A window of a stream. The first `filled` samples are valid, and the other samples are zero.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub samples: [f32; WINDOW],
    pub filled: usize,
}

impl Window {
    pub const EMPTY: Window = Window { samples: [0.0; WINDOW], filled: 0 };
}

/// Computes the gains of one stream. The audio before the stream and after it counts as silence.
#[derive(Debug)]
pub struct Leveller {
    gain_max: f32,
    /// The windows whose gain has not been computed yet, oldest first.
    waiting: VecDeque<Window>,
    /// RMS of the last windows. The median is computed from them.
    loudness: VecDeque<f32>,
    /// Median loudness of each of the last windows. The largest one is the level of the oldest
    /// waiting window.
    medians: VecDeque<f32>,
    /// Gain of the last window that was returned; `None` before the first window.
    gain: Option<f32>,
}

impl Leveller {
    /// Creates a leveller. `gain_max` is a factor of at least 1.
    pub fn new(gain_max: f32) -> Self {
        Leveller {
            gain_max,
            waiting: VecDeque::with_capacity(DELAY + 1),
            loudness: std::iter::repeat_n(0.0, 2 * NEIGHBOURS + 1).collect(),
            medians: std::iter::repeat_n(0.0, 2 * REACH + 1).collect(),
            gain: None,
        }
    }

    /// Adds the next window. Returns the window from `DELAY` calls before, amplified; `None` if
    /// there were fewer calls. At the end of the stream, push `DELAY` empty windows to get the last
    /// windows.
    pub fn push(&mut self, window: Window) -> Option<Window> {
        slide(&mut self.loudness, rms(&window.samples));
        slide(&mut self.medians, median(&self.loudness));
        self.waiting.push_back(window);
        if self.waiting.len() <= DELAY {
            return None;
        }
        let gain = self.next_gain();
        let before = self.gain.replace(gain).unwrap_or(gain);
        let mut window = self.waiting.pop_front()?;
        raise(&mut window.samples, before, gain);
        Some(window)
    }

    /// Returns the gain of the oldest waiting window.
    fn next_gain(&self) -> f32 {
        let level = self.medians.iter().copied().fold(0.0, f32::max);
        (TARGET / level).clamp(1.0, self.gain_max)
    }
}

// --- internal ---

/// Appends a value to the queue and removes the oldest value.
fn slide(queue: &mut VecDeque<f32>, value: f32) {
    queue.pop_front();
    queue.push_back(value);
}

fn rms(samples: &[f32]) -> f32 {
    let energy: f32 = samples.iter().map(|sample| sample * sample).sum();
    (energy / samples.len() as f32).sqrt()
}

fn median(values: &VecDeque<f32>) -> f32 {
    let mut sorted: Vec<f32> = values.iter().copied().collect();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Amplifies a window. The gain changes linearly from the gain of the previous window to the gain
/// of this window. Clips at full scale.
fn raise(samples: &mut [f32], before: f32, gain: f32) {
    if before == 1.0 && gain == 1.0 {
        return;
    }
    let step = (gain - before) / samples.len() as f32;
    for (n, sample) in samples.iter_mut().enumerate() {
        let raised = *sample * (before + step * (n + 1) as f32);
        *sample = raised.clamp(-1.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAIN_MAX: f32 = 1_000.0;

    /// Amplifies a stream of square waves with these levels and returns the resulting levels.
    fn raised(levels: &[f32]) -> Vec<f32> {
        let mut leveller = Leveller::new(GAIN_MAX);
        let window = |level: &f32| Window { samples: [*level; WINDOW], filled: WINDOW };
        let windows = levels.iter().map(window);
        let end = std::iter::repeat_n(Window::EMPTY, DELAY);
        let raised: Vec<Window> =
            windows.chain(end).filter_map(|window| leveller.push(window)).collect();
        assert!(raised.iter().all(|window| window.filled == WINDOW));
        raised.iter().filter_map(|window| window.samples.last().copied()).collect()
    }

    fn assert_near(found: f32, expected: f32) {
        assert!((found / expected - 1.0).abs() < 1e-4, "{found} instead of {expected}");
    }

    #[test]
    fn amplifies_a_quiet_stream_to_the_target_from_its_first_window() {
        for level in [0.05, 0.001, 0.0002] {
            let raised = raised(&[level; 10]);
            assert_eq!(raised.len(), 10);
            raised.iter().for_each(|found| assert_near(*found, TARGET));
        }
        raised(&[0.000_01; 10]).iter().for_each(|found| assert_near(*found, 0.01));
    }

    #[test]
    fn does_not_change_loud_streams_and_silence() {
        assert_eq!(raised(&[0.1; 300]), [0.1; 300]);
        assert_eq!(raised(&[0.9; 3]), [0.9; 3]);
        assert_eq!(raised(&[0.0; 300]), [0.0; 300]);
        assert!(raised(&[]).is_empty());
    }

    #[test]
    fn the_loudest_window_in_reach_determines_the_gain() {
        let mut levels = [0.001; 600];
        levels.iter_mut().skip(300).take(3).for_each(|level| *level = 0.05);
        let raised = raised(&levels);
        for (n, (found, level)) in raised.iter().zip(levels).enumerate() {
            let is_reached = (300 - REACH..=302 + REACH).contains(&n);
            assert_near(*found, if is_reached { 2.0 * level } else { TARGET });
        }
    }

    #[test]
    fn a_click_does_not_change_the_gain() {
        let mut levels = [0.001; 300];
        levels.iter_mut().skip(100).take(2).for_each(|level| *level = 1.0);
        let raised = raised(&levels);
        for (found, level) in raised.iter().zip(levels) {
            assert_near(*found, if level == 1.0 { 1.0 } else { TARGET });
        }
    }
}
