//! Compares voice activity with Silero's own code. test/audio/make-vad-reference.py wrote the
//! reference.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use asr_audio::decode::Decoder;
use asr_audio::limits;
use asr_audio::silero::{Silero, WINDOW};
use asr_audio::speech_regions::{Options, Region, SpeechRegions};
use asr_audio::voice_activity::VoiceActivity;
use serde_json::Value;

fn audio_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/audio"))
}

fn reference() -> Value {
    let text = std::fs::read_to_string(audio_folder().join("vad-reference.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn samples(name: &str) -> Vec<f32> {
    let options = limits::Options::DEFAULT;
    let mut decoder = Decoder::open(&audio_folder().join(name), options).unwrap();
    let mut samples = vec![0.0; 60 * 16_000];
    let count = decoder.read(&mut samples).unwrap();
    samples.truncate(count);
    samples
}

/// Judges `at_once` windows in each call.
fn probabilities(samples: &[f32], at_once: usize) -> Vec<f32> {
    let mut network = Silero::new();
    let pad = |window: &[f32]| {
        let mut padded = [0.0; WINDOW];
        padded[..window.len()].copy_from_slice(window);
        padded
    };
    let windows: Vec<_> = samples.chunks(WINDOW).map(pad).collect();
    windows.chunks(at_once).flat_map(|windows| network.judge(windows.iter())).collect()
}

fn options(given: &Value) -> Options {
    let samples = |name: &str| (given[name].as_f64().unwrap() * 16.0) as i64;
    let threshold = given["threshold"].as_f64().unwrap_or(0.5) as f32;
    Options {
        threshold,
        neg_threshold: given["neg_threshold"].as_f64().unwrap_or(0.35) as f32,
        peak_threshold: given["peak_threshold"].as_f64().unwrap_or(0.0) as f32,
        speech_min: samples("min_speech_duration_ms"),
        silence_min: samples("min_silence_duration_ms"),
        pad: samples("speech_pad_ms"),
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn the_probabilities_equal_the_reference() {
    for (name, expected) in reference()["clips"].as_object().unwrap() {
        let samples = samples(name);
        let found = probabilities(&samples, 1);
        assert_eq!(found, probabilities(&samples, 7), "{name}: windows together and alone");
        let expected = numbers(expected);
        assert_eq!(found.len(), expected.len(), "{name}");
        let furthest = found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs());
        let furthest = furthest.fold(0.0, f64::max);
        assert!(furthest < 1e-5, "{name}: {furthest:e}");
    }
}

#[test]
fn the_regions_equal_the_reference() {
    let reference = reference();
    for case in reference["regions"].as_array().unwrap() {
        let walk = &reference["walks"][case["walk"].as_u64().unwrap() as usize];
        let total = walk["samples"].as_i64().unwrap();
        let mut regions = SpeechRegions::new(options(&case["options"]));
        let (mut found, mut now, mut decided) = (Vec::new(), 0, 0);
        let mut drain = |regions: &mut SpeechRegions, now: i64| {
            while let Some(region) = regions.pop() {
                assert!(region.start >= decided, "{region:?} starts before {decided}");
                assert!(region.end <= now, "{region:?} ends after {now}");
                found.push(vec![region.start, region.end]);
            }
            assert!(regions.decided() >= decided);
            decided = regions.decided();
        };
        for probability in numbers(&walk["probabilities"]) {
            let window = (total - now).min(WINDOW as i64);
            now += window;
            regions.push(probability as f32, window);
            drain(&mut regions, now);
        }
        regions.finish();
        drain(&mut regions, now);
        assert_eq!(serde_json::json!(found), case["regions"], "{}", case["options"]);
        assert_eq!((now, regions.decided()), (total, total));
    }
}

#[test]
fn a_region_is_finished_as_soon_as_its_silence_and_padding_have_passed() {
    let mut regions = SpeechRegions::new(options(&serde_json::json!({
        "min_speech_duration_ms": 0, "min_silence_duration_ms": 96, "speech_pad_ms": 32,
    })));
    let mut push = |probability, times| {
        (0..times).for_each(|_| regions.push(probability, WINDOW as i64));
        (regions.pop(), regions.decided())
    };
    let window = WINDOW as i64;
    assert_eq!(push(0.1, 10), (None, 9 * window));
    assert_eq!(push(0.9, 10), (None, 9 * window));
    assert_eq!(push(0.1, 3), (None, 9 * window));
    let region = Region { start: 9 * window, end: 21 * window };
    assert_eq!(push(0.1, 1), (Some(region), 23 * window));
}

#[test]
fn a_region_must_reach_the_peak_threshold() {
    let mut regions = SpeechRegions::new(options(&serde_json::json!({
        "min_speech_duration_ms": 0, "min_silence_duration_ms": 96, "speech_pad_ms": 32,
        "peak_threshold": 0.9,
    })));
    let mut push = |probability, times| {
        (0..times).for_each(|_| regions.push(probability, WINDOW as i64));
        (regions.pop(), regions.decided())
    };
    let window = WINDOW as i64;
    // The sound does not reach the peak threshold, so it does not become a region, however long it
    // lasts. It is discarded when silence follows.
    assert_eq!(push(0.1, 10), (None, 9 * window));
    assert_eq!(push(0.8, 10), (None, 9 * window));
    assert_eq!(push(0.1, 4), (None, 23 * window));
    // The sound reaches the peak threshold late. The whole sound then becomes a region.
    assert_eq!(push(0.8, 10), (None, 23 * window));
    assert_eq!(push(0.9, 1), (None, 23 * window));
    assert_eq!(push(0.4, 5), (None, 23 * window));
    let region = Region { start: 23 * window, end: 41 * window };
    assert_eq!(push(0.1, 4), (Some(region), 43 * window));
    // The end of the stream also discards a sound that has not reached the peak threshold.
    assert_eq!(push(0.8, 10).0, None);
    regions.finish();
    assert_eq!(regions.pop(), None);
}

#[test]
fn a_sound_without_a_peak_does_not_delay_earlier_regions() {
    let mut regions = SpeechRegions::new(options(&serde_json::json!({
        "min_speech_duration_ms": 64, "min_silence_duration_ms": 64, "speech_pad_ms": 96,
        "peak_threshold": 0.9,
    })));
    let mut push = |probability, times| {
        (0..times).for_each(|_| regions.push(probability, WINDOW as i64));
        (regions.pop(), regions.is_open())
    };
    let region = |start: i64, end: i64| {
        Some(Region { start: start * WINDOW as i64, end: end * WINDOW as i64 })
    };
    assert_eq!(push(0.1, 10), (None, false));
    assert_eq!(push(0.95, 2), (None, false));
    assert_eq!(push(0.95, 8), (None, true));
    // The speech has ended, but the padding at its end depends on the start of the next region, and
    // no next region has started yet. Therefore `pop` does not return the region yet.
    assert_eq!(push(0.1, 3), (None, true));
    assert_eq!(push(0.8, 2), (None, true));
    assert_eq!(push(0.8, 100), (region(7, 23), false));
    // The second sound becomes a region. This region does not overlap the first region.
    assert_eq!(push(0.95, 1), (None, true));
    assert_eq!(push(0.1, 8), (region(23, 129), false));
}

fn defaults() -> Options {
    options(&serde_json::json!({
        "min_speech_duration_ms": 0, "min_silence_duration_ms": 2_000, "speech_pad_ms": 400,
    }))
}

const GAIN_MAX: f32 = 1_000.0;

fn regions(samples: &[f32], block: usize) -> Vec<Region> {
    found(VoiceActivity::new(defaults()), samples, block)
}

fn levelled_regions(samples: &[f32], block: usize) -> Vec<Region> {
    found(VoiceActivity::new(defaults()).with_gain_up_to(GAIN_MAX), samples, block)
}

fn found(mut vad: VoiceActivity, samples: &[f32], block: usize) -> Vec<Region> {
    samples.chunks(block).for_each(|block| vad.push(block).unwrap());
    vad.finish();
    assert_eq!(vad.decided(), samples.len() as i64);
    assert_eq!(vad.judged(), samples.len() as i64);
    assert!(vad.push(&[0.0]).is_err());
    std::iter::from_fn(|| vad.pop()).collect()
}

#[test]
fn block_size_does_not_change_regions() {
    let silence = vec![0.0; 5 * 16_000];
    let samples = [&silence[..], &samples("en_tt-allbusy.flac"), &silence].concat();
    let whole = regions(&samples, samples.len());
    let [Region { start, end }] = whole[..] else { panic!("{whole:?}") };
    assert!((4 * 16_000..6 * 16_000).contains(&start) && end < 14 * 16_000 + 8_000, "{whole:?}");
    assert_eq!(regions(&samples, 1_000), whole);
    assert_eq!(regions(&samples, 7), whole);
}

#[test]
fn quiet_speech_has_the_same_regions_as_loud_speech() {
    let silence = vec![0.0; 5 * 16_000];
    let loud = [&silence[..], &samples("en_tt-allbusy.flac"), &silence].concat();
    let [Region { start: loud_start, end: loud_end }] = regions(&loud, loud.len())[..] else {
        panic!("the recording is one region");
    };
    let at = |db: f32| -> Vec<f32> {
        loud.iter().map(|sample| sample * 10f32.powf(db / 20.0)).collect()
    };
    // Without a gain, the network misses the first seconds.
    let unraised = regions(&at(-60.0), 16_000);
    assert!(unraised.iter().all(|region| region.start > loud_start + 16_000), "{unraised:?}");
    for db in [0.0, -20.0, -46.0, -60.0] {
        let whole = levelled_regions(&at(db), loud.len());
        let [Region { start, end }] = whole[..] else { panic!("{db} dB: {whole:?}") };
        assert!((start - loud_start).abs() <= 3 * WINDOW as i64, "{db} dB: {whole:?}");
        assert!((end - loud_end).abs() <= 3 * WINDOW as i64, "{db} dB: {whole:?}");
        assert_eq!(levelled_regions(&at(db), 1_000), whole);
        assert_eq!(levelled_regions(&at(db), 7), whole);
    }
}

#[test]
fn silence_and_noise_have_no_regions_at_any_level() {
    let noise = samples("noise_20s.flac");
    for db in [-20.0, -40.0, -60.0] {
        let quiet: Vec<f32> = noise.iter().map(|sample| sample * 10f32.powf(db / 20.0)).collect();
        assert_eq!(levelled_regions(&quiet, 16_000), [], "{db} dB");
    }
    assert_eq!(levelled_regions(&samples("silence_30s.flac"), 16_000), []);
    assert_eq!(levelled_regions(&noise, 16_000), []);
    assert_eq!(levelled_regions(&[], 1), []);
}

#[test]
fn silence_and_noise_have_no_regions() {
    assert_eq!(regions(&samples("silence_30s.flac"), 16_000), []);
    assert_eq!(regions(&samples("noise_20s.flac"), 16_000), []);
    assert_eq!(regions(&[], 1), []);
}

#[test]
fn nan_does_not_stay_in_the_state() {
    let mut samples = samples("en_tt-allbusy.flac");
    let clean = regions(&samples, 512);
    samples[100] = f32::NAN;
    samples[200] = f32::INFINITY;
    assert_eq!(regions(&samples, 512), clean);
}
