//! Tests Ogg files with shifted times, with times at the input rate, with a truncated page, and
//! with an end position that is too early.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod ogg;
mod recordings;
mod whole;

use ogg::{pages, seal};
use recordings::format;
use whole::decode;

#[test]
fn ogg_with_shifted_times_is_decoded_to_its_end() {
    for name in ["opus.ogg", "vorbis.ogg", "flac.ogg"] {
        let whole = decode(format(name)).unwrap();
        // Shifted times occur in files that were cut without re-encoding, and in recordings that
        // started in the middle of a stream.
        for shift in [-10_000, 10_000] {
            let mut file = format(name);
            shift_granules(&mut file, shift);
            assert_eq!(decode(file).unwrap(), whole, "{name} shifted by {shift}");
        }
    }
}

#[test]
fn ogg_truncated_in_a_page_header_is_decoded_up_to_it() {
    for name in ["opus.ogg", "vorbis.ogg", "flac.ogg"] {
        let whole = format(name);
        let last = pages(&whole).pop().unwrap().start;
        let expected = decode(whole[..last].to_vec()).unwrap();
        assert!(expected.len() > 16_000, "{name}: {} samples", expected.len());
        for bytes in [1, 4, 10, 26, 27] {
            let cut = whole[..last + bytes].to_vec();
            assert_eq!(
                decode(cut).unwrap(),
                expected,
                "{name} with {bytes} bytes of its last page"
            );
        }
    }
}

#[test]
fn a_stream_with_an_early_end_does_not_hide_the_next_one() {
    let mut file = format("chained-rates.ogg");
    let is_last = |page: &std::ops::Range<usize>| file[page.start + 5] & 4 != 0;
    let last = pages(&file).into_iter().find(is_last).unwrap();
    move_granule(&mut file[last], -3_000);
    let samples = decode(file).unwrap();
    // The audio has three seconds minus 3,000 frames at 44.1 kHz.
    assert_eq!(samples.len(), 48_000 - 1_088);
}

#[test]
fn opus_with_granules_at_the_input_rate_is_decoded_to_its_end() {
    let whole = format("opus.ogg");
    let expected = decode(whole.clone()).unwrap();
    let mut file = at_rate(whole.clone(), 16_000);
    assert_eq!(decode(file.clone()).unwrap(), expected);
    // The file is cut after the first page of audio, which is then also the last page.
    let second = pages(&file)[2].end;
    file.truncate(second);
    let mut short = whole[..second].to_vec();
    for file in [&mut file, &mut short] {
        let page = pages(file)[2].clone();
        file[page.start + 5] |= 4;
        seal(&mut file[page]);
    }
    assert_eq!(decode(file).unwrap(), decode(short).unwrap());
}

#[test]
fn opus_granules_count_at_48_khz_for_any_input_rate() {
    let whole = format("opus.ogg");
    let mut file = whole.clone();
    file[40..44].copy_from_slice(&16_000u32.to_le_bytes());
    let first = pages(&file)[0].clone();
    seal(&mut file[first]);
    assert_eq!(decode(file).unwrap(), decode(whole).unwrap());
}

#[test]
fn an_end_before_the_last_page_is_ignored() {
    for name in ["opus.ogg", "vorbis.ogg", "flac.ogg"] {
        let expected = decode(format(name)).unwrap();
        let mut file = format(name);
        let last = pages(&file).pop().unwrap();
        file[last.start + 6..][..8].copy_from_slice(&5u64.to_le_bytes());
        seal(&mut file[last]);
        assert!(decode(file).unwrap().len() >= expected.len(), "{name}");
    }
}

/// Changes an Opus file so that its header declares the input rate `rate` and its granule positions
/// count at this rate.
fn at_rate(mut file: Vec<u8>, rate: u32) -> Vec<u8> {
    file[40..44].copy_from_slice(&rate.to_le_bytes());
    for page in pages(&file) {
        let granule = u64::from_le_bytes(file[page.start + 6..][..8].try_into().unwrap());
        let granule = granule * u64::from(rate) / 48_000;
        file[page.start + 6..][..8].copy_from_slice(&granule.to_le_bytes());
        seal(&mut file[page]);
    }
    file
}

/// Shifts the granule position of every page with audio.
fn shift_granules(file: &mut [u8], shift: i64) {
    for page in pages(file) {
        move_granule(&mut file[page], shift);
    }
}

fn move_granule(page: &mut [u8], shift: i64) {
    let granule = i64::from_le_bytes(page[6..14].try_into().unwrap());
    if granule > 0 {
        page[6..14].copy_from_slice(&(granule + shift).to_le_bytes());
    }
    seal(page);
}
