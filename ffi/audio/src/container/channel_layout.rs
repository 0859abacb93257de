//! Determines the channel layout, which is the speaker of each channel. If the file does not
//! declare a layout, it is the usual layout for the number of channels.

use symphonia::core::audio::{ChannelLabel, Channels, Position};

/// Returns the usual layout of `count` channels, in the order of a wav file's channel mask.
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

/// Returns the layout that a wav file's channel mask declares. If the mask does not fit the number
/// of channels, returns the usual layout.
pub fn of_mask(mask: u32, count: u16) -> Channels {
    match Position::from_wave_channel_mask(mask) {
        Some(positions) if positions.bits().count_ones() == u32::from(count) => {
            Channels::Positioned(positions)
        }
        _ => usual(count),
    }
}

/// Parses a list of Apple's speaker labels, in the order of the channels. The caller uses the
/// returned layout instead of the layout that the decoder reports.
pub fn ordered(labels: &str) -> Channels {
    let position = |label| match label {
        "L" => Position::FRONT_LEFT,
        "R" => Position::FRONT_RIGHT,
        "LFE" => Position::LFE1,
        "Ls" => Position::SIDE_LEFT,
        "Rs" => Position::SIDE_RIGHT,
        "Rls" => Position::REAR_LEFT,
        "Rrs" => Position::REAR_RIGHT,
        "Cs" => Position::REAR_CENTER,
        "Lc" => Position::FRONT_LEFT_CENTER,
        "Rc" => Position::FRONT_RIGHT_CENTER,
        _ => Position::FRONT_CENTER,
    };
    Channels::Custom(labels.split(' ').map(|label| position(label).into()).collect())
}

/// Reads the layout in Apple's channel layout chunk. If the chunk has no known layout of `count`
/// channels, returns the usual layout.
pub fn of_apple_chunk(chunk: &[u8], count: u16) -> Channels {
    const BITMAP: u32 = 1 << 16;
    let field = |at: usize| Some(u32::from_be_bytes(*chunk.get(at..)?.first_chunk()?));
    let named = || match field(0)? {
        BITMAP => Some(of_mask(field(4)?, count)),
        tag => LAYOUT_TAGS.iter().find(|known| known.0 == tag >> 16).map(|known| ordered(known.1)),
    };
    let named = named().filter(|named| named.count() == usize::from(count));
    named.unwrap_or_else(|| usual(count))
}

/// Reads the layout in the comments of a flac file. Only files with an unusual layout declare it.
pub fn of_flac_comment(comments: &[u8]) -> Option<Channels> {
    const KEY: &[u8] = b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x";
    let value = comments.windows(KEY.len()).position(|bytes| bytes == KEY)? + KEY.len();
    let digits = comments.get(value..)?.iter().take_while(|byte| byte.is_ascii_hexdigit());
    let text: String = digits.take(8).map(|byte| char::from(*byte)).collect();
    let mask = u32::from_str_radix(&text, 16).ok()?;
    let labels = Position::from_wave_channel_mask(mask)?.iter().map(ChannelLabel::from);
    (mask > 0).then(|| Channels::Custom(labels.collect()))
}

// --- internal ---

/// Apple's layout tags, and the speakers of each layout in the order of the channels. Only the
/// upper 16 bits of a tag are in this table, because the lower bits are the number of channels.
const LAYOUT_TAGS: &[(u32, &str)] = &[
    (100, "C"),
    (101, "L R"),
    (102, "L R"),
    (108, "L R Ls Rs"),
    (109, "L R Ls Rs C"),
    (110, "L R Ls Rs C Cs"),
    (111, "L R Ls Rs Rls Rrs"),
    (112, "L R Ls Rs C Rls Rrs"),
    (113, "L R C"),
    (114, "C L R"),
    (115, "L R C Cs"),
    (116, "C L R Cs"),
    (117, "L R C Ls Rs"),
    (118, "L R Ls Rs C"),
    (119, "L C R Ls Rs"),
    (120, "C L R Ls Rs"),
    (121, "L R C LFE Ls Rs"),
    (122, "L R Ls Rs C LFE"),
    (123, "L C R Ls Rs LFE"),
    (124, "C L R Ls Rs LFE"),
    (125, "L R C LFE Ls Rs Cs"),
    (126, "L R C LFE Ls Rs Lc Rc"),
    (127, "C Lc Rc L R Ls Rs LFE"),
    (128, "L R C LFE Ls Rs Rls Rrs"),
    (129, "L R Ls Rs C LFE Lc Rc"),
    (131, "L R Cs"),
    (132, "L R Ls Rs"),
    (133, "L R LFE"),
    (134, "L R LFE Cs"),
    (135, "L R LFE Ls Rs"),
    (136, "L R C LFE"),
    (137, "L R C LFE Cs"),
    (138, "L R Ls Rs LFE"),
    (141, "C L R Ls Rs Cs"),
    (142, "C L R Ls Rs Cs LFE"),
    (143, "C L R Ls Rs Rls Rrs"),
    (144, "C L R Ls Rs Rls Rrs Cs"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_usual_layout_has_the_requested_number_of_channels() {
        for count in 1..=20 {
            assert_eq!(usual(count).count(), usize::from(count));
        }
    }

    #[test]
    fn a_mask_counts_only_if_it_fits_the_channel_count() {
        let quad = Position::FRONT_LEFT
            | Position::FRONT_RIGHT
            | Position::REAR_LEFT
            | Position::REAR_RIGHT;
        assert_eq!(of_mask(0x33, 4), Channels::Positioned(quad));
        assert_eq!(of_mask(0x33, 2), usual(2));
        assert_eq!(of_mask(0, 6), usual(6));
        assert_eq!(of_mask(u32::MAX, 32), usual(32));
    }

    #[test]
    fn reads_layout_tags() {
        let chunk = |tag: u32, bitmap: u32| [tag.to_be_bytes(), bitmap.to_be_bytes()].concat();
        let center_first = of_apple_chunk(&chunk(120 << 16 | 5, 0), 5);
        assert_eq!(center_first, ordered("C L R Ls Rs"));
        assert_eq!(of_apple_chunk(&chunk(1 << 16, 0x33), 4), of_mask(0x33, 4));
        for (chunk, count) in [
            (chunk(120 << 16 | 5, 0), 6),
            (chunk(999 << 16 | 5, 0), 5),
            (chunk(1 << 16, 0x33), 5),
            (vec![0; 3], 2),
        ] {
            assert_eq!(of_apple_chunk(&chunk, count), usual(count));
        }
    }

    #[test]
    fn a_layout_tag_never_repeats_a_speaker() {
        for (tag, layout) in LAYOUT_TAGS {
            let mut labels: Vec<&str> = layout.split(' ').collect();
            assert_eq!(ordered(layout).count(), labels.len(), "{tag}");
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(ordered(layout).count(), labels.len(), "{tag}");
        }
    }

    #[test]
    fn reads_the_mask_of_a_comment() {
        let comment = b"\x2c\0\0\0WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x0103";
        assert_eq!(of_flac_comment(comment), Some(ordered("L R Cs")));
        assert_eq!(of_flac_comment(b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x0"), None);
        assert_eq!(of_flac_comment(b"TITLE=a mask"), None);
    }
}
