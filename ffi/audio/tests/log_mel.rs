//! Compares the features with a reference that test/audio/make-mel-reference.py wrote.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::log_mel::{Mels, frame_count, log_mel};

fn audio_file(name: &str) -> std::path::PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/audio")).join(name)
}

/// Returns the samples for which the reference was computed.
fn samples() -> Vec<f32> {
    let options = Options::DEFAULT;
    let mut decoder = Decoder::open(&audio_file("en_tt-allbusy.flac"), options).unwrap();
    let mut samples = vec![0.0; 12_345];
    assert_eq!(decoder.read(&mut samples).unwrap(), samples.len());
    samples
}

fn features(mels: Mels, samples: &[f32], padding: usize, columns: usize) -> Vec<Vec<f32>> {
    let rows = if mels == Mels::Eighty { 80 } else { 128 };
    let mut out = vec![f32::NAN; rows * columns];
    log_mel(mels, samples, padding, columns, &mut out);
    out.chunks(columns).map(<[f32]>::to_vec).collect()
}

fn assert_near_reference(found: &[Vec<f32>], name: &str) {
    let bytes = std::fs::read(audio_file(name)).unwrap();
    let expected = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let found = found.iter().flatten();
    assert_eq!(found.clone().count(), expected.len());
    let furthest = found.zip(expected).map(|(a, b)| (a - b).abs());
    let furthest = furthest.fold(0.0, |furthest, it| if it <= furthest { furthest } else { it });
    assert!(furthest < 1e-4, "{name}: {furthest:e}");
}

#[test]
fn features_equal_the_reference() {
    let samples = samples();
    let columns = frame_count(samples.len() + 160);
    assert_near_reference(&features(Mels::Eighty, &samples, 160, columns), "mel-80.f32");
    let whole = features(Mels::OneHundredTwentyEight, &samples, 480_000, 3_000);
    let start: Vec<Vec<f32>> = whole.iter().map(|row| row[..80].to_vec()).collect();
    assert_near_reference(&start, "mel-128.f32");
    let least = whole.iter().flatten().copied().fold(f32::MAX, f32::min);
    assert!(whole.iter().all(|row| row[80..].iter().all(|value| *value == least)));
}

#[test]
fn columns_beyond_the_frames_are_zero_and_frames_beyond_the_columns_are_cut() {
    let samples = samples();
    let exact = features(Mels::Eighty, &samples, 160, 78);
    for (row, exact) in features(Mels::Eighty, &samples, 160, 3_000).iter().zip(&exact) {
        assert_eq!(row[..78], exact[..]);
        assert!(row[78..].iter().all(|value| *value == 0.0));
    }
    for (row, exact) in features(Mels::Eighty, &samples, 160, 50).iter().zip(&exact) {
        assert_eq!(row[..], exact[..50]);
    }
}

#[test]
fn silence_is_the_lowest_value() {
    let silent = features(Mels::Eighty, &[0.0; 16_000], 0, 100);
    assert!(silent.iter().flatten().all(|value| *value == -1.5));
    let tiny = features(Mels::Eighty, &[0.0; 201], 0, 1);
    assert_eq!(tiny, vec![vec![-1.5]; 80]);
}
