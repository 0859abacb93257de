//! Mixes all channels to one channel, with the same weights as ffmpeg's `-ac 1` for a 16-bit file.

use std::f32::consts::FRAC_1_SQRT_2;
use std::num::NonZeroU32;

use symphonia::core::audio::{ChannelLabel, Channels, Position};

/// The weights of the channels in a layout. Their sum is 1, so the mix cannot clip.
#[derive(Debug)]
pub struct Downmix {
    weights: Vec<f32>,
}

impl Downmix {
    /// Computes the weights for a layout. If all weights would be 0, for example because no channel
    /// has a speaker, all channels have the same weight.
    pub fn new(channels: &Channels) -> Self {
        let mut weights: Vec<f32> = match channels {
            Channels::Positioned(positions) => positions.iter().map(weight).collect(),
            Channels::Custom(labels) => labels.iter().map(labelled_weight).collect(),
            other => vec![0.0; other.count()],
        };
        if weights.iter().all(|weight| *weight == 0.0) {
            weights.fill(1.0);
        }
        let sum: f32 = weights.iter().sum();
        let weights = weights.into_iter().map(|weight| weight / sum).collect();
        Downmix { weights }
    }

    /// Returns weights that select the channel with the number `channel`, from 1. If the number of
    /// channels changes within a file and the file no longer has this channel, selects the last one.
    pub fn only(channel: NonZeroU32, count: usize) -> Self {
        let last = count.saturating_sub(1);
        let index = usize::try_from(channel.get() - 1).map_or(last, |index| index.min(last));
        let weights = (0..count).map(|at| if at == index { 1.0 } else { 0.0 }).collect();
        Downmix { weights }
    }

    /// Returns whether the mix is the average of two channels.
    pub fn is_average_of_two(&self) -> bool {
        matches!(*self.weights, [first, second] if first == second)
    }

    /// Replaces `mono` with the mix of `planes`.
    pub fn apply(&self, planes: &[Vec<f32>], mono: &mut Vec<f32>) {
        let frames = planes.first().map_or(0, Vec::len);
        mono.clear();
        mono.resize(frames, 0.0);
        for (plane, weight) in planes.iter().zip(&self.weights) {
            for (mixed, sample) in mono.iter_mut().zip(plane) {
                *mixed += weight * bounded(*sample);
            }
        }
    }
}

/// Returns a sample that later sums can use. NaN and infinity become 0, and other values are limited
/// to `BOUND`, so that the sums are finite.
pub fn bounded(sample: f32) -> f32 {
    const BOUND: f32 = 1_000.0;
    if sample.is_finite() { sample.clamp(-BOUND, BOUND) } else { 0.0 }
}

fn labelled_weight(label: &ChannelLabel) -> f32 {
    match label {
        ChannelLabel::Positioned(position) => weight(*position),
        _ => 0.0,
    }
}

/// Returns the weight of a speaker before normalization. The low-frequency channel has the weight
/// 0, because it contains no speech.
fn weight(position: Position) -> f32 {
    let front = Position::FRONT_LEFT
        | Position::FRONT_RIGHT
        | Position::FRONT_LEFT_CENTER
        | Position::FRONT_RIGHT_CENTER;
    if (Position::LFE1 | Position::LFE2).contains(position) {
        0.0
    } else if position == Position::FRONT_CENTER {
        1.0
    } else if front.contains(position) {
        FRAC_1_SQRT_2
    } else {
        0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(positions: Position, frame: &[f32]) -> f32 {
        mix_of(&Channels::Positioned(positions), frame)
    }

    fn mix_of(channels: &Channels, frame: &[f32]) -> f32 {
        let planes: Vec<Vec<f32>> = frame.iter().map(|sample| vec![*sample]).collect();
        let mut mono = Vec::new();
        Downmix::new(channels).apply(&planes, &mut mono);
        mono[0]
    }

    fn close(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn averages_stereo() {
        let stereo = Position::FRONT_LEFT | Position::FRONT_RIGHT;
        assert!(close(mix(stereo, &[1.0, 0.5]), 0.75));
    }

    #[test]
    fn weighs_surround_as_ffmpeg_does() {
        let surround = Position::FRONT_LEFT
            | Position::FRONT_RIGHT
            | Position::FRONT_CENTER
            | Position::LFE1
            | Position::SIDE_LEFT
            | Position::SIDE_RIGHT;
        let sum = 2.0 * FRAC_1_SQRT_2 + 1.0 + 2.0 * 0.5;
        assert!(close(mix(surround, &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), 1.0 / sum));
        assert!(close(mix(surround, &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]), FRAC_1_SQRT_2 / sum));
        assert!(close(mix(surround, &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0]), 0.0));
        assert!(close(mix(surround, &[0.0, 0.0, 0.0, 0.0, 1.0, 0.0]), 0.5 / sum));
    }

    #[test]
    fn averages_channels_without_positions() {
        assert!(close(mix_of(&Channels::Discrete(4), &[1.0, 0.0, 0.0, 1.0]), 0.5));
        assert!(close(mix(Position::LFE1, &[0.5]), 0.5));
    }

    #[test]
    fn uses_the_speaker_of_each_label() {
        let labels = [Position::FRONT_CENTER.into(), ChannelLabel::Discrete(1)];
        assert!(close(mix_of(&Channels::Custom(labels.into()), &[0.5, 1.0]), 0.5));
    }

    #[test]
    fn nan_becomes_silence() {
        assert_eq!(mix(Position::FRONT_LEFT, &[f32::NAN]), 0.0);
        assert_eq!(mix(Position::FRONT_LEFT, &[f32::INFINITY]), 0.0);
        assert_eq!(mix(Position::FRONT_LEFT, &[1e30]), 1_000.0);
    }
}
