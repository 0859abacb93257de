//! Any number of channels to one, weighted as ffmpeg's `-ac 1` does.

use std::f32::consts::FRAC_1_SQRT_2;

use symphonia::core::audio::{Channels, Position};

/// Weights per channel for one layout; their sum is one, so the mix cannot clip.
#[derive(Debug)]
pub struct Downmix {
    channels: Channels,
    weights: Vec<f32>,
}

impl Downmix {
    pub fn new(channels: &Channels) -> Self {
        let weights = match channels {
            Channels::Positioned(positions) => {
                positions.iter().map(|position| weight(position, *positions)).collect()
            }
            other => vec![1.0; other.count()],
        };
        Downmix { channels: channels.clone(), weights: normalized(weights) }
    }

    pub fn is_for(&self, channels: &Channels) -> bool {
        self.channels == *channels
    }

    /// Replaces `mono` with the mix of `planes`. Samples that are not numbers become silence, and
    /// absurd ones are bounded so that later sums stay finite.
    pub fn apply(&self, planes: &[Vec<f32>], mono: &mut Vec<f32>) {
        const BOUND: f32 = 1_000.0;
        let frames = planes.first().map_or(0, Vec::len);
        mono.clear();
        mono.resize(frames, 0.0);
        for (plane, weight) in planes.iter().zip(&self.weights) {
            for (mixed, sample) in mono.iter_mut().zip(plane) {
                let sample = if sample.is_finite() { *sample } else { 0.0 };
                *mixed += weight * sample.clamp(-BOUND, BOUND);
            }
        }
    }
}

/// The share of one speaker before normalization. Low-frequency effects carry no speech.
fn weight(position: Position, layout: Position) -> f32 {
    let front = Position::FRONT_LEFT
        | Position::FRONT_RIGHT
        | Position::FRONT_LEFT_CENTER
        | Position::FRONT_RIGHT_CENTER;
    let effects = Position::LFE1 | Position::LFE2;
    if effects.contains(position) && layout != position {
        0.0
    } else if position == Position::FRONT_CENTER {
        1.0
    } else if front.contains(position) {
        FRAC_1_SQRT_2
    } else {
        0.5
    }
}

fn normalized(weights: Vec<f32>) -> Vec<f32> {
    let sum: f32 = weights.iter().sum();
    if sum > 0.0 { weights.into_iter().map(|weight| weight / sum).collect() } else { weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(channels: Channels, frame: &[f32]) -> f32 {
        let planes: Vec<Vec<f32>> = frame.iter().map(|sample| vec![*sample]).collect();
        let mut mono = Vec::new();
        Downmix::new(&channels).apply(&planes, &mut mono);
        mono[0]
    }

    fn close(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn averages_stereo() {
        let stereo = Channels::Positioned(Position::FRONT_LEFT | Position::FRONT_RIGHT);
        assert!(close(mix(stereo, &[1.0, 0.5]), 0.75));
    }

    #[test]
    fn weighs_surround_as_ffmpeg_does() {
        let surround = Channels::Positioned(
            Position::FRONT_LEFT
                | Position::FRONT_RIGHT
                | Position::FRONT_CENTER
                | Position::LFE1
                | Position::SIDE_LEFT
                | Position::SIDE_RIGHT,
        );
        let sum = 2.0 * FRAC_1_SQRT_2 + 1.0 + 2.0 * 0.5;
        assert!(close(mix(surround.clone(), &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), 1.0 / sum));
        assert!(close(mix(surround.clone(), &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]), FRAC_1_SQRT_2 / sum));
        assert!(close(mix(surround.clone(), &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0]), 0.0));
        assert!(close(mix(surround, &[0.0, 0.0, 0.0, 0.0, 1.0, 0.0]), 0.5 / sum));
    }

    #[test]
    fn averages_channels_without_positions() {
        assert!(close(mix(Channels::Discrete(4), &[1.0, 0.0, 0.0, 1.0]), 0.5));
    }

    #[test]
    fn makes_silence_of_what_is_not_a_number() {
        let mono = || Channels::Positioned(Position::FRONT_LEFT);
        assert_eq!(mix(mono(), &[f32::NAN]), 0.0);
        assert_eq!(mix(mono(), &[f32::INFINITY]), 0.0);
        assert_eq!(mix(mono(), &[1e30]), 1_000.0);
    }
}
