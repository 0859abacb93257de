//! Reads the two channels of a pair in AAC, which may share parts (ISO 14496-3, section 4.6.8).

use super::channel::{Channel, Coding};
use super::noise::Noise;
use crate::bits::BitReader;

/// Which bands of a pair contain the middle and the difference of the two channels. For bands of
/// intensity, this inverts the sign.
enum Mask {
    Never,
    Bands(Vec<bool>),
    Always,
}

/// Reads both channels; `None` if they are damaged.
pub fn read_pair(
    bits: &mut BitReader<'_>,
    first: &mut Channel,
    second: &mut Channel,
    noise: &mut Noise,
) -> Option<()> {
    let has_common_windows = bits.flag()?;
    let mut mask = Mask::Never;
    if has_common_windows {
        first.windows.read(bits)?;
        second.windows.copy(&first.windows);
        mask = match bits.read(2)? {
            0 => Mask::Never,
            1 => {
                let bands = first.windows.groups().count() * first.windows.bands_used;
                Mask::Bands((0..bands).map(|_| bits.flag()).collect::<Option<_>>()?)
            }
            2 => Mask::Always,
            _ => return None,
        };
    }
    first.read(bits, has_common_windows, noise)?;
    second.read(bits, has_common_windows, noise)?;
    join(first, second, &mask)
}

// --- internal ---

fn join(first: &mut Channel, second: &mut Channel, mask: &Mask) -> Option<()> {
    let Channel { windows, codings, scales, spectrum, .. } = second;
    windows.each_band(|band, range| {
        let is_masked = match mask {
            Mask::Never => false,
            Mask::Bands(bands) => *bands.get(band)?,
            Mask::Always => true,
        };
        let left = first.spectrum.get_mut(range.clone())?;
        let right = spectrum.get_mut(range)?;
        match codings.get(band)? {
            Coding::Intensity(_) => {
                let scale = scales.get(band)? * if is_masked { -1.0 } else { 1.0 };
                right.iter_mut().zip(left).for_each(|(right, left)| *right = *left * scale);
            }
            coding if is_masked && is_coded(coding) && is_coded(first.codings.get(band)?) => {
                for (left, right) in left.iter_mut().zip(right) {
                    (*left, *right) = (*left + *right, *left - *right);
                }
            }
            _ => {}
        }
        Some(())
    })
}

fn is_coded(coding: &Coding) -> bool {
    matches!(coding, Coding::Zero | Coding::Codes(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joins two channels with one band of four coefficients.
    fn joined(codings: [Coding; 2], scale: f32, mask: &Mask) -> ([f32; 4], [f32; 4]) {
        let mut channels = codings.map(|coding| {
            let mut channel = Channel::new(48_000);
            channel.windows.bands_used = 1;
            channel.codings = vec![coding];
            channel.scales = vec![scale];
            channel
        });
        channels[0].spectrum[..4].copy_from_slice(&[1.0, 2.0, 3.0, 4.0]);
        channels[1].spectrum[..4].copy_from_slice(&[0.5, 0.5, -0.5, 0.0]);
        let [mut first, mut second] = channels;
        join(&mut first, &mut second, mask).unwrap();
        let start = |channel: &Channel| *channel.spectrum.first_chunk().unwrap();
        (start(&first), start(&second))
    }

    #[test]
    fn separates_middle_and_difference() {
        let coded = [Coding::Codes(1), Coding::Zero];
        let plain = ([1.0, 2.0, 3.0, 4.0], [0.5, 0.5, -0.5, 0.0]);
        let separated = ([1.5, 2.5, 2.5, 4.0], [0.5, 1.5, 3.5, 4.0]);
        assert_eq!(joined(coded, 1.0, &Mask::Never), plain);
        assert_eq!(joined(coded, 1.0, &Mask::Bands(vec![true])), separated);
        assert_eq!(joined(coded, 1.0, &Mask::Always), separated);
        assert_eq!(joined([Coding::Noise, Coding::Zero], 1.0, &Mask::Always), plain);
    }

    #[test]
    fn intensity_copies_the_first_channel() {
        let intensity = [Coding::Codes(1), Coding::Intensity(1.0)];
        assert_eq!(joined(intensity, 0.5, &Mask::Never).1, [0.5, 1.0, 1.5, 2.0]);
        assert_eq!(joined(intensity, 0.5, &Mask::Always).1, [-0.5, -1.0, -1.5, -2.0]);
    }
}
