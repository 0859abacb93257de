//! Which speakers the channels of a file are for, where it does not say.

use symphonia::core::audio::{Channels, Position};

/// The usual layout of `count` channels, in the order of a wav file's channel mask.
pub fn usual(count: u16) -> Channels {
    let front = Position::FRONT_LEFT | Position::FRONT_RIGHT;
    let center = Position::FRONT_CENTER;
    let rear = Position::REAR_LEFT | Position::REAR_RIGHT;
    let side = Position::SIDE_LEFT | Position::SIDE_RIGHT;
    let positions = match count {
        1 => center,
        2 => front,
        3 => front | Position::LFE1,
        4 => front | center | Position::REAR_CENTER,
        5 => front | center | rear,
        6 => front | center | Position::LFE1 | rear,
        7 => front | center | Position::LFE1 | Position::REAR_CENTER | side,
        8 => front | center | Position::LFE1 | rear | side,
        _ => return Channels::Discrete(count),
    };
    Channels::Positioned(positions)
}

/// The layout of a wav file's channel mask, unless it does not fit the number of channels.
pub fn of_mask(mask: u32, count: u16) -> Channels {
    match Position::from_wave_channel_mask(mask) {
        Some(positions) if positions.bits().count_ones() == u32::from(count) => {
            Channels::Positioned(positions)
        }
        _ => usual(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_has_its_channels() {
        for count in 1..=20 {
            assert_eq!(usual(count).count(), usize::from(count));
        }
    }

    #[test]
    fn a_mask_is_believed_only_when_it_fits() {
        let quad = Position::FRONT_LEFT
            | Position::FRONT_RIGHT
            | Position::REAR_LEFT
            | Position::REAR_RIGHT;
        assert_eq!(of_mask(0x33, 4), Channels::Positioned(quad));
        assert_eq!(of_mask(0x33, 2), usual(2));
        assert_eq!(of_mask(0, 6), usual(6));
        assert_eq!(of_mask(u32::MAX, 32), usual(32));
    }
}
