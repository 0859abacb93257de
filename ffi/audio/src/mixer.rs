//! Mixes the decoded channels to one channel, or selects one of them. If one channel of stereo is the
//! negative of the other, the mix is silence. Therefore stereo is mixed in blocks. If the mix of a
//! block is nearly silent for this reason, the louder channel replaces it.

use std::num::NonZeroU32;

use symphonia::core::audio::Channels;

use crate::downmix::{Downmix, bounded};

/// A block is cancelled if its mix has less energy than the louder channel, divided by this number
/// (20 dB).
const CANCELLED: f64 = 100.0;
/// Number of blocks of stereo per second.
const BLOCKS_PER_S: u32 = 4;

#[derive(Debug)]
pub struct Mixer {
    channels: Channels,
    sample_rate: u32,
    downmix: Downmix,
    /// The channels of the current block of stereo. It is empty for other layouts, which are mixed
    /// at once.
    block: Vec<Vec<f32>>,
    /// The mix of one block.
    mixed: Vec<f32>,
}

impl Mixer {
    /// `channel` is the number of the channel to select, from 1; `None`: the mix of all channels.
    pub fn new(channels: &Channels, sample_rate: u32, channel: Option<NonZeroU32>) -> Self {
        Mixer {
            channels: channels.clone(),
            sample_rate,
            downmix: channel.map_or_else(
                || Downmix::new(channels),
                |channel| Downmix::only(channel, channels.count()),
            ),
            block: Vec::new(),
            mixed: Vec::new(),
        }
    }

    pub fn is_for(&self, channels: &Channels, sample_rate: u32) -> bool {
        self.channels == *channels && self.sample_rate == sample_rate
    }

    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Returns the maximum size in bytes of a block and its mix.
    pub fn memory(&self) -> u64 {
        let planes = if self.downmix.is_average_of_two() { 3 } else { 0 };
        planes * self.block_frames() as u64 * size_of::<f32>() as u64
    }

    /// Appends the mix of `planes` to `mono`. The mix of stereo is appended when its block is
    /// complete.
    pub fn push(&mut self, planes: &[Vec<f32>], mono: &mut Vec<f32>) {
        if !self.downmix.is_average_of_two() {
            self.downmix.apply(planes, &mut self.mixed);
            mono.extend(&self.mixed);
            return;
        }
        let frames = planes.first().map_or(0, Vec::len);
        self.block.resize(planes.len(), Vec::new());
        let mut from = 0;
        while from < frames {
            let held = self.block.first().map_or(0, Vec::len);
            let count = (self.block_frames() - held).min(frames - from);
            for (held, plane) in self.block.iter_mut().zip(planes) {
                held.extend(plane.iter().skip(from).take(count));
            }
            from += count;
            if held + count == self.block_frames() {
                self.finish(mono);
            }
        }
    }

    /// Appends the mix of an incomplete block to `mono`.
    pub fn finish(&mut self, mono: &mut Vec<f32>) {
        self.downmix.apply(&self.block, &mut self.mixed);
        if let [left, right] = &*self.block {
            let (left_energy, right_energy) = (energy(left), energy(right));
            if energy(&self.mixed) * CANCELLED < left_energy.max(right_energy) {
                // The channels are nearly opposite. So the right channel is inverted, because
                // otherwise the signal would jump between blocks with different louder channels.
                let (louder, sign) =
                    if left_energy >= right_energy { (left, 1.0) } else { (right, -1.0) };
                self.mixed.clear();
                self.mixed.extend(louder.iter().map(|sample| sign * bounded(*sample)));
            }
        }
        mono.extend(&self.mixed);
        self.block.iter_mut().for_each(Vec::clear);
    }

    /// Returns the length of a block in frames. The blocks are counted from the start of the file, or
    /// from the last change of its format. So the samples depend only on the file, and a job that
    /// another process resumes gets the same samples.
    fn block_frames(&self) -> usize {
        self.sample_rate.div_ceil(BLOCKS_PER_S).max(1) as usize
    }
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(bounded(*sample)).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use symphonia::core::audio::Position;

    use super::*;

    const RATE: u32 = 1_000 * BLOCKS_PER_S;

    fn mix(positions: Position, planes: &[Vec<f32>], packet: usize) -> Vec<f32> {
        let mut mixer = Mixer::new(&Channels::Positioned(positions), RATE, None);
        let mut mono = Vec::new();
        for from in (0..planes[0].len()).step_by(packet) {
            let part = |plane: &Vec<f32>| plane[from..].iter().copied().take(packet).collect();
            mixer.push(&planes.iter().map(part).collect::<Vec<_>>(), &mut mono);
        }
        mixer.finish(&mut mono);
        mono
    }

    fn stereo(left: &[f32], right_of_left: impl Fn(f32) -> f32) -> Vec<Vec<f32>> {
        vec![left.to_vec(), left.iter().map(|sample| right_of_left(*sample)).collect()]
    }

    fn tone(frames: u32) -> Vec<f32> {
        (0..frames).map(|frame| (frame as f32 * 0.3).sin() * 0.5).collect()
    }

    const STEREO: Position = Position::FRONT_LEFT.union(Position::FRONT_RIGHT);

    #[test]
    fn an_inverted_channel_does_not_cancel_the_other_channel() {
        let left = tone(2_500);
        assert_eq!(mix(STEREO, &stereo(&left, |left| -0.97 * left), 70), left);
        // The right channel is louder, so it is used, with the sign of the left channel.
        let louder: Vec<f32> = left.iter().map(|left| left * 1.1).collect();
        assert_eq!(mix(STEREO, &stereo(&left, |left| -(left * 1.1)), 3_000), louder);
    }

    #[test]
    fn a_mix_that_is_less_than_20_db_lower_is_kept() {
        let left = tone(1_500);
        for right in [1.0, 0.0, -0.7, -0.79] {
            let planes = stereo(&left, |left| left * right);
            let mut mono = Vec::new();
            Downmix::new(&Channels::Positioned(STEREO)).apply(&planes, &mut mono);
            assert_eq!(mix(STEREO, &planes, 100), mono, "{right}");
        }
        assert_eq!(mix(STEREO, &stereo(&left, |left| left * -0.81), 100), left);
    }

    #[test]
    fn each_block_depends_only_on_its_own_samples() {
        // Only the second of three blocks is inverted.
        let left = tone(3_000);
        let mut planes = stereo(&left, |left| left);
        planes[1][1_000..2_000].iter_mut().for_each(|right| *right = -*right);
        assert_eq!(mix(STEREO, &planes, 64), left);
        assert_eq!(mix(STEREO, &planes, 2_999), left);
    }

    #[test]
    fn only_two_channels_of_equal_weight_are_checked() {
        let planes = stereo(&tone(1_200), |_| 0.9);
        let low = Position::FRONT_LEFT | Position::LFE1;
        assert_eq!(mix(low, &[vec![0.0; 1_200], planes[1].clone()], 100), vec![0.0; 1_200]);
    }

    #[test]
    fn a_selected_channel_is_not_mixed() {
        let planes = [tone(900), vec![0.25; 900]];
        for (number, plane) in [(1, &planes[0]), (2, &planes[1])] {
            let channels = Channels::Positioned(STEREO);
            let mut mixer = Mixer::new(&channels, RATE, NonZeroU32::new(number));
            let mut mono = Vec::new();
            mixer.push(&planes, &mut mono);
            mixer.finish(&mut mono);
            assert_eq!(mono, *plane);
        }
    }

    #[test]
    fn silence_and_invalid_samples_are_mixed() {
        assert_eq!(mix(STEREO, &stereo(&[0.0; 10], |_| 0.0), 3), [0.0; 10]);
        assert_eq!(mix(STEREO, &stereo(&[f32::NAN; 10], |_| f32::INFINITY), 3), [0.0; 10]);
    }
}
