//! Calls the functions of asr_audio.h as a C program does.

#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::unwrap_used
)]

mod c_errors;

use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};

use asr_audio::c_api::decoder::*;
use asr_audio::c_api::{ASR_AUDIO_ABI_VERSION, asr_audio_abi_version};
use asr_audio::decode::Decoder;
use c_errors::{BAD_ARGUMENT, last_error};

fn options() -> AsrAudioOptions {
    AsrAudioOptions {
        sample_rate: 16_000,
        max_channels: 0,
        max_duration_s: 0.0,
        max_wall_ms: 0,
        min_rate: 0,
        max_rate: 0,
        track: 0,
        max_samples: 0,
        max_memory: 0,
        cancel: null(),
        track_rank: 0,
        channel: 0,
    }
}

fn open(path: &str, options: &AsrAudioOptions) -> (i32, *mut Decoder) {
    let path = CString::new(path).unwrap();
    let mut decoder = null_mut();
    let status = unsafe { asr_audio_decoder_open(path.as_ptr(), options, &mut decoder) };
    (status, decoder)
}

fn jfk() -> String {
    format!("{}/../../test/audio/jfk.flac", env!("CARGO_MANIFEST_DIR"))
}

fn text(chars: &[c_char; 32]) -> String {
    unsafe { CStr::from_ptr(chars.as_ptr()) }.to_string_lossy().into_owned()
}

#[test]
fn decodes_a_file_to_its_end() {
    assert_eq!(asr_audio_abi_version(), ASR_AUDIO_ABI_VERSION);
    let (status, decoder) = open(&jfk(), &options());
    assert_eq!(status, 0);
    let mut info = std::mem::MaybeUninit::uninit();
    assert_eq!(unsafe { asr_audio_decoder_get_info(decoder, info.as_mut_ptr()) }, 0);
    let info: AsrAudioInfo = unsafe { info.assume_init() };
    assert_eq!((text(&info.container).as_str(), text(&info.codec).as_str()), ("flac", "flac"));
    assert_eq!((info.sample_rate, info.channels, info.duration_s), (44_100, 2, 11.0));
    let mut samples = [0.0; 30_000];
    let mut read = || {
        let read = || unsafe { asr_audio_decoder_read(decoder, samples.as_mut_ptr(), 30_000) };
        std::iter::repeat_with(read).find(|count| *count != ASR_AUDIO_NOTHING_YET).unwrap()
    };
    let counts: Vec<i64> = std::iter::repeat_with(&mut read).take(8).collect();
    assert_eq!(counts, [30_000, 30_000, 30_000, 30_000, 30_000, 26_000, 0, 0]);
    unsafe { asr_audio_decoder_close(decoder) };
    unsafe { asr_audio_decoder_close(null_mut()) };
}

#[test]
fn rejects_bad_arguments_with_a_message() {
    let refused = |options: AsrAudioOptions, part: &str| {
        let (status, decoder) = open(&jfk(), &options);
        assert_eq!((status, decoder), (BAD_ARGUMENT, null_mut()));
        assert!(last_error().contains(part), "{}", last_error());
    };
    refused(AsrAudioOptions { sample_rate: 8_000, ..options() }, "sample_rate");
    refused(AsrAudioOptions { max_channels: 33, ..options() }, "max_channels");
    refused(AsrAudioOptions { max_duration_s: f64::NAN, ..options() }, "max_duration_s");
    refused(AsrAudioOptions { channel: 33, ..options() }, "channel");
    refused(AsrAudioOptions { track: 1, track_rank: 1, ..options() }, "track_rank");
    refused(AsrAudioOptions { min_rate: 999, ..options() }, "min_rate");
    refused(AsrAudioOptions { max_rate: 768_001, ..options() }, "max_rate");
    refused(AsrAudioOptions { min_rate: 8_001, max_rate: 8_000, ..options() }, "not a range");
    let mut decoder = null_mut();
    unsafe {
        assert_eq!(asr_audio_decoder_open(null(), &options(), &mut decoder), BAD_ARGUMENT);
        assert_eq!(asr_audio_decoder_open(c"x".as_ptr(), null(), &mut decoder), BAD_ARGUMENT);
        assert_eq!(asr_audio_decoder_open(c"x".as_ptr(), &options(), null_mut()), BAD_ARGUMENT);
        assert_eq!(asr_audio_decoder_read(null_mut(), null_mut(), 1), BAD_ARGUMENT.into());
        assert_eq!(asr_audio_decoder_get_info(null(), null_mut()), BAD_ARGUMENT);
    }
    let (_, decoder) = open(&jfk(), &options());
    let mut sample = 0.0;
    unsafe {
        assert_eq!(asr_audio_decoder_read(decoder, null_mut(), 1), BAD_ARGUMENT.into());
        assert_eq!(asr_audio_decoder_read(decoder, &mut sample, 0), BAD_ARGUMENT.into());
        assert_eq!(asr_audio_decoder_read(decoder, &mut sample, 1), 1);
        asr_audio_decoder_close(decoder);
    }
}

#[test]
fn names_the_demuxer_and_the_track_of_an_unsupported_file() {
    let foreign_of = |name: &str| {
        let path = format!("{}/../../test/audio/{name}", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(open(&path, &options()).0, -2);
        let mut foreign = std::mem::MaybeUninit::uninit();
        assert_eq!(unsafe { asr_audio_last_foreign(foreign.as_mut_ptr()) }, 0);
        let foreign: AsrAudioForeign = unsafe { foreign.assume_init() };
        (text(&foreign.demuxer), foreign.track, foreign.tracks)
    };
    assert_eq!(foreign_of("cases/12-refused-a-ac3.mkv"), ("matroska".into(), 1, 1));
    assert_eq!(unsafe { asr_audio_last_foreign(null_mut()) }, BAD_ARGUMENT);
}

#[test]
fn reports_files_that_cannot_be_opened() {
    let (status, decoder) = open("/nowhere/at/all.wav", &options());
    assert_eq!((status, decoder), (-6, null_mut()));
    assert!(last_error().starts_with("Cannot open the audio file: "), "{}", last_error());
    let cancelled = 1;
    let options = AsrAudioOptions { cancel: &cancelled, ..options() };
    assert_eq!(open(&jfk(), &options).0, -5);
}
