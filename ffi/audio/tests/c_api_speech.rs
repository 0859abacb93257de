//! Calls the functions of asr_vad.h and asr_mel.h as a C program does.

#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::unwrap_used
)]

mod c_errors;

use std::ptr::{null, null_mut};

use asr_audio::c_api::mel::{asr_mel_compute, asr_mel_frames};
use asr_audio::c_api::vad::*;
use asr_audio::speech_regions::Region;
use c_errors::{BAD_ARGUMENT, last_error};

fn vad_options() -> AsrVadOptions {
    AsrVadOptions {
        threshold: 0.5,
        neg_threshold: 0.0,
        min_speech_ms: 0,
        min_silence_ms: 2_000,
        speech_pad_ms: 400,
        peak_threshold: 0.0,
        gain_max_db: 0.0,
        keep_probabilities: 0,
        span_min_silence_ms: 0,
        span_pad_ms: 0,
    }
}

#[test]
fn silence_is_decided_while_it_arrives() {
    let mut vad = null_mut();
    let silence = [0.0; 16_000];
    let mut regions = [Region { start: 0, end: 0 }; 4];
    unsafe {
        assert_eq!(asr_vad_open(&vad_options(), &mut vad), 0);
        assert_eq!(asr_vad_push(vad, silence.as_ptr(), 16_000), 0);
        assert_eq!(asr_vad_push(vad, silence.as_ptr(), 0), 0);
        // The position is the end of 31 complete windows minus the padding of a region that may
        // start in the next window.
        assert_eq!(asr_vad_decided(vad), 31 * 512 - 6_400);
        assert_eq!(asr_vad_is_open(vad), 0);
        assert_eq!(asr_vad_get_regions(vad, regions.as_mut_ptr(), 4), 0);
        assert_eq!(asr_vad_finish(vad), 0);
        assert_eq!(asr_vad_finish(vad), 0);
        assert_eq!(asr_vad_decided(vad), 16_000);
        assert_eq!(asr_vad_judged(vad), 16_000);
        assert_eq!(asr_vad_push(vad, silence.as_ptr(), 1), BAD_ARGUMENT);
        assert!(last_error().contains("after the stream was finished"), "{}", last_error());
        asr_vad_close(vad);
        asr_vad_close(null_mut());
    }
}

#[test]
fn spans_are_decided_with_their_own_padding() {
    let silence = [0.0; 16_000];
    let mut spans = [Region { start: 0, end: 0 }; 4];
    for (span_min_silence_ms, decided) in [(0, 0), (200, 31 * 512 - 960)] {
        let options = AsrVadOptions { span_min_silence_ms, span_pad_ms: 60, ..vad_options() };
        let mut vad = null_mut();
        unsafe {
            assert_eq!(asr_vad_open(&options, &mut vad), 0);
            assert_eq!(asr_vad_push(vad, silence.as_ptr(), 16_000), 0);
            assert_eq!(asr_vad_spans_decided(vad), decided);
            assert_eq!(asr_vad_get_spans(vad, spans.as_mut_ptr(), 4), 0);
            assert_eq!(asr_vad_finish(vad), 0);
            assert_eq!(asr_vad_spans_decided(vad), if decided == 0 { 0 } else { 16_000 });
            asr_vad_close(vad);
        }
    }
}

#[test]
fn probabilities_are_kept_for_each_window_if_the_options_say_so() {
    let silence = [0.0; 3 * 512 + 1];
    let mut probabilities = [2.0; 4];
    for (keep_probabilities, count) in [(0, 0), (1, 3)] {
        let options = AsrVadOptions { keep_probabilities, ..vad_options() };
        let mut vad = null_mut();
        unsafe {
            assert_eq!(asr_vad_open(&options, &mut vad), 0);
            assert_eq!(asr_vad_push(vad, silence.as_ptr(), silence.len() as i64), 0);
            let start = probabilities.as_mut_ptr();
            assert_eq!(asr_vad_get_probabilities(vad, start, 2), count.min(2));
            assert_eq!(asr_vad_get_probabilities(vad, start.add(2), 2), count - count.min(2));
            assert_eq!(asr_vad_get_probabilities(vad, start, 4), 0);
            // The incomplete window at the end of the stream has a probability, too.
            assert_eq!(asr_vad_finish(vad), 0);
            assert_eq!(asr_vad_get_probabilities(vad, start.add(3), 1), count.min(1));
            asr_vad_close(vad);
        }
    }
    assert!(probabilities.iter().all(|it| (0.0..0.5).contains(it)), "{probabilities:?}");
}

#[test]
fn a_gain_delays_decisions() {
    let mut vad = null_mut();
    let silence = [0.0; 10 * 16_000];
    unsafe {
        let options = AsrVadOptions { gain_max_db: 60.0, ..vad_options() };
        assert_eq!(asr_vad_open(&options, &mut vad), 0);
        assert_eq!(asr_vad_push(vad, silence.as_ptr(), 127 * 512), 0);
        assert_eq!(asr_vad_judged(vad), 0);
        assert_eq!(asr_vad_push(vad, silence.as_ptr(), 3 * 512), 0);
        assert_eq!(asr_vad_judged(vad), 3 * 512);
        assert_eq!(asr_vad_push(vad, silence.as_ptr(), 1), 0);
        assert_eq!(asr_vad_finish(vad), 0);
        assert_eq!(asr_vad_judged(vad), 130 * 512 + 1);
        assert_eq!(asr_vad_decided(vad), 130 * 512 + 1);
        asr_vad_close(vad);
    }
}

#[test]
fn bad_voice_activity_options_are_rejected_with_a_message() {
    let refused = |options: AsrVadOptions, part: &str| {
        let mut vad = null_mut();
        assert_eq!(unsafe { asr_vad_open(&options, &mut vad) }, BAD_ARGUMENT);
        assert!(vad.is_null() && last_error().contains(part), "{}", last_error());
    };
    refused(AsrVadOptions { threshold: 0.0, ..vad_options() }, "threshold");
    refused(AsrVadOptions { threshold: f32::NAN, ..vad_options() }, "threshold");
    refused(AsrVadOptions { neg_threshold: 0.6, ..vad_options() }, "neg_threshold");
    refused(AsrVadOptions { peak_threshold: 1.1, ..vad_options() }, "peak_threshold");
    refused(AsrVadOptions { peak_threshold: f32::NAN, ..vad_options() }, "peak_threshold");
    refused(AsrVadOptions { gain_max_db: -1.0, ..vad_options() }, "gain_max_db");
    refused(AsrVadOptions { gain_max_db: 101.0, ..vad_options() }, "gain_max_db");
    refused(AsrVadOptions { gain_max_db: f32::NAN, ..vad_options() }, "gain_max_db");
    let mut vad = null_mut();
    let mut region = Region { start: 0, end: 0 };
    unsafe {
        assert_eq!(asr_vad_open(null(), &mut vad), BAD_ARGUMENT);
        assert_eq!(asr_vad_open(&vad_options(), null_mut()), BAD_ARGUMENT);
        assert_eq!(asr_vad_push(null_mut(), &0.0, 1), BAD_ARGUMENT);
        assert_eq!(asr_vad_finish(null_mut()), BAD_ARGUMENT);
        assert_eq!(asr_vad_decided(null()), BAD_ARGUMENT.into());
        assert_eq!(asr_vad_is_open(null()), BAD_ARGUMENT);
        assert_eq!(asr_vad_judged(null()), BAD_ARGUMENT.into());
        assert_eq!(asr_vad_get_regions(null_mut(), &mut region, 1), BAD_ARGUMENT);
        assert_eq!(asr_vad_open(&vad_options(), &mut vad), 0);
        assert_eq!(asr_vad_push(vad, null(), 1), BAD_ARGUMENT);
        assert_eq!(asr_vad_push(vad, &0.0, -1), BAD_ARGUMENT);
        assert_eq!(asr_vad_get_regions(vad, null_mut(), 1), BAD_ARGUMENT);
        assert_eq!(asr_vad_get_regions(vad, &mut region, 0), BAD_ARGUMENT);
        assert_eq!(asr_vad_get_probabilities(vad, null_mut(), 1), BAD_ARGUMENT);
        assert_eq!(asr_vad_get_probabilities(vad, &mut 0.0, 0), BAD_ARGUMENT);
        assert_eq!(asr_vad_get_probabilities(null_mut(), &mut 0.0, 1), BAD_ARGUMENT);
        asr_vad_close(vad);
    }
}

#[test]
fn features_fill_the_buffer_of_the_caller() {
    assert_eq!(asr_mel_frames(12_345, 160), 78);
    let mut out = vec![f32::NAN; 80 * 100];
    let samples = [0.1; 16_000];
    let mut compute = |n_mels, n_samples, padding, n_frames| unsafe {
        asr_mel_compute(n_mels, samples.as_ptr(), n_samples, padding, out.as_mut_ptr(), n_frames)
    };
    assert_eq!(compute(80, 16_000, 0, 100), 0);
    for (n_mels, n_samples, padding, n_frames, part) in [
        (81, 16_000, 0, 100, "n_mels"),
        (80, -1, 0, 100, "n_samples"),
        (80, 16_000, 480_001, 100, "padding"),
        (80, 200, 0, 100, "201"),
        (80, 16_000, 0, 0, "n_frames"),
    ] {
        assert_eq!(compute(n_mels, n_samples, padding, n_frames), BAD_ARGUMENT);
        assert!(last_error().contains(part), "{}", last_error());
    }
    assert!(out.iter().all(|value| value.is_finite()));
    assert_eq!(asr_mel_frames(0, -1), BAD_ARGUMENT.into());
    let out = out.as_mut_ptr();
    unsafe {
        assert_eq!(asr_mel_compute(80, null(), 16_000, 0, out, 100), BAD_ARGUMENT);
        assert_eq!(asr_mel_compute(80, samples.as_ptr(), 16_000, 0, null_mut(), 1), BAD_ARGUMENT);
    }
}
