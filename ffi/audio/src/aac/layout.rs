//! Determines the speakers of the elements of AAC, as ffmpeg does.

use symphonia::core::audio::{Channels, Position};

use super::program::{Direction, Element, Kind};
use crate::container::channel_layout;

/// The elements of a stream and their channels.
#[derive(Debug)]
pub struct Layout {
    pub places: Vec<Place>,
    pub channels: Channels,
}

/// An element and the indices of its channels in the output. Only pairs have a second channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub element: Element,
    pub first: usize,
    pub second: Option<usize>,
}

impl Layout {
    /// Returns the layout of elements; `None` if there are no elements. If their speakers cannot be
    /// determined, the channels have the usual layout.
    pub fn new(elements: &[Element]) -> Option<Layout> {
        let count = elements.iter().map(channels_of).sum::<usize>();
        let positions = positions(elements).filter(|positions| positions.len() == count);
        let (channels, indices) = match positions {
            Some(positions) => {
                let all = positions.iter().fold(Position::empty(), |all, one| all | *one);
                let index = |one: &Position| {
                    let lower = positions.iter().filter(|other| other.bits() < one.bits());
                    lower.count()
                };
                (Channels::Positioned(all), positions.iter().map(index).collect())
            }
            None => (channel_layout::usual(count as u16), (0..count).collect::<Vec<_>>()),
        };
        let mut indices = indices.into_iter();
        let mut places = Vec::new();
        for element in elements {
            let first = indices.next()?;
            let second = if element.kind == Kind::Pair { Some(indices.next()?) } else { None };
            places.push(Place { element: *element, first, second });
        }
        (count > 0).then_some(Layout { places, channels })
    }
}

/// Returns the elements of a channel configuration (ISO 14496-3, table 1.19); `None` if it is
/// unknown. For number 7, ffmpeg assumes the layout of number 12, because most encoders use it for
/// this layout.
pub fn configured(number: u32) -> Option<Vec<Element>> {
    use Kind::{Low, Pair, Single};
    let elements: &[(Kind, Direction)] = match number {
        1 => &[(Single, Direction::Front)],
        2 => &[(Pair, Direction::Front)],
        3 => &[(Single, Direction::Front), (Pair, Direction::Front)],
        4 => &[(Single, Direction::Front), (Pair, Direction::Front), (Single, Direction::Back)],
        5 => &[(Single, Direction::Front), (Pair, Direction::Front), (Pair, Direction::Back)],
        6 => &[
            (Single, Direction::Front),
            (Pair, Direction::Front),
            (Pair, Direction::Back),
            (Low, Direction::Low),
        ],
        11 => &[
            (Single, Direction::Front),
            (Pair, Direction::Front),
            (Pair, Direction::Back),
            (Single, Direction::Back),
            (Low, Direction::Low),
        ],
        7 | 12 => &[
            (Single, Direction::Front),
            (Pair, Direction::Front),
            (Pair, Direction::Side),
            (Pair, Direction::Back),
            (Low, Direction::Low),
        ],
        _ => return None,
    };
    let element = |(kind, direction): &(Kind, Direction)| Element {
        kind: *kind,
        tag: 0,
        direction: *direction,
    };
    Some(elements.iter().map(element).collect())
}

// --- internal ---

fn channels_of(element: &Element) -> usize {
    if element.kind == Kind::Pair { 2 } else { 1 }
}

/// Returns the speakers of all channels in the order of the elements. `None` if they cannot be
/// determined.
fn positions(elements: &[Element]) -> Option<Vec<Position>> {
    let count = |direction| {
        let elements = elements.iter().filter(|element| element.direction == direction);
        elements.map(channels_of).sum::<usize>()
    };
    let front = count(Direction::Front);
    let (mut side, mut back) = (count(Direction::Side), count(Direction::Back));
    if side == 0 && back >= 4 {
        (side, back) = (2, back - 2);
    }
    let low = count(Direction::Low);
    if front > 5 || side > 2 || side % 2 == 1 || back > 3 || low > 2 {
        return None;
    }
    let mut positions = Vec::new();
    if front % 2 == 1 {
        positions.push(Position::FRONT_CENTER);
    }
    if front >= 4 {
        positions.extend([Position::FRONT_LEFT_CENTER, Position::FRONT_RIGHT_CENTER]);
    }
    if front >= 2 {
        positions.extend([Position::FRONT_LEFT, Position::FRONT_RIGHT]);
    }
    if side == 2 {
        positions.extend([Position::SIDE_LEFT, Position::SIDE_RIGHT]);
    }
    if back >= 2 {
        positions.extend([Position::REAR_LEFT, Position::REAR_RIGHT]);
    }
    if back % 2 == 1 {
        positions.push(Position::REAR_CENTER);
    }
    positions.extend([Position::LFE1, Position::LFE2].into_iter().take(low));
    are_pairs_whole(elements, &positions).then_some(positions)
}

/// Returns whether each pair has the speakers of both sides.
fn are_pairs_whole(elements: &[Element], positions: &[Position]) -> bool {
    let left = Position::FRONT_LEFT
        | Position::FRONT_LEFT_CENTER
        | Position::SIDE_LEFT
        | Position::REAR_LEFT;
    let mut rest = positions.iter();
    elements.iter().all(|element| match element.kind {
        Kind::Pair => {
            rest.next().is_some_and(|first| left.contains(*first)) && rest.next().is_some()
        }
        Kind::Single | Kind::Low => rest.next().is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(number: u32) -> (Vec<(usize, Option<usize>)>, usize) {
        let layout = Layout::new(&configured(number).unwrap()).unwrap();
        let places = layout.places.iter().map(|place| (place.first, place.second));
        (places.collect(), layout.channels.count())
    }

    #[test]
    fn orders_channels_as_a_wav_file_does() {
        assert_eq!(places(3), (vec![(2, None), (0, Some(1))], 3));
        assert_eq!(places(6), (vec![(2, None), (0, Some(1)), (4, Some(5)), (3, None)], 6));
        assert_eq!(places(7), places(12));
        assert_eq!(places(12).0, [(2, None), (0, Some(1)), (6, Some(7)), (4, Some(5)), (3, None)]);
        assert_eq!(places(11).0, [(2, None), (0, Some(1)), (4, Some(5)), (6, None), (3, None)]);
        assert!(configured(8).is_none() && configured(0).is_none());
    }

    #[test]
    fn a_pair_cannot_contain_the_center() {
        let front = |kind| Element { kind, tag: 0, direction: Direction::Front };
        let layout = Layout::new(&[front(Kind::Pair), front(Kind::Single)]).unwrap();
        assert_eq!(layout.channels, channel_layout::usual(3));
        let layout = Layout::new(&[front(Kind::Single), front(Kind::Pair)]).unwrap();
        assert_eq!(layout.places[0].first, 2);
    }

    #[test]
    fn unknown_speakers_keep_their_order() {
        let element = Element { kind: Kind::Pair, tag: 0, direction: Direction::Side };
        let layout = Layout::new(&[element; 3]).unwrap();
        assert_eq!(layout.channels, channel_layout::usual(6));
        assert_eq!(layout.places[2].second, Some(5));
        assert!(Layout::new(&[]).is_none());
    }
}
