//! Compares the decoded samples of every supported format with a reference. Checks that the error
//! for an unsupported format contains the name of the format.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::f32::consts::SQRT_2;
use std::path::PathBuf;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::Status;

mod recordings;

use recordings::{OPTIONS, audio, decode, decode_path};

/// The expected result of decoding a file, in addition to the reference.
struct Expected {
    file: &'static str,
    codec: &'static str,
    /// Number of samples that are decoded before the start of the reference. It is the encoder
    /// delay if the file does not declare the delay; otherwise 0.
    early: usize,
    /// Total number of samples.
    samples: usize,
    /// Minimum signal-to-noise ratio in dB.
    snr: f64,
}

const fn expected(
    file: &'static str,
    codec: &'static str,
    early: usize,
    samples: usize,
    snr: f64,
) -> Expected {
    Expected { file, codec, early, samples, snr }
}

/// Encoder delays in samples at 16 kHz.
///
/// Format  Frames of delay
/// AAC     1,024 at 44.1 kHz
/// mp3     1,105 at 44.1 kHz, including the delay of the decoder
/// mp2     481 at 16 kHz
/// Opus    312 at 48 kHz
const AAC_DELAY: usize = 372;
const MP3_DELAY: usize = 401;
const MP2_DELAY: usize = 481;
const OPUS_DELAY: usize = 104;

const ACCEPTED: &[Expected] = &[
    expected("aac-22k.m4a", "mp4/aac", 0, 48_000, 15.0),
    expected("aac-faststart.mp4", "mp4/aac", 0, 48_000, 15.0),
    expected("aac-fragmented-late.mp4", "mp4/aac", AAC_DELAY, 16_719, 12.0),
    expected("aac-fragmented.mp4", "mp4/aac", AAC_DELAY, 48_670, 12.0),
    expected("aac-second-track.mp4", "mp4/aac", 0, 48_000, 15.0),
    expected("aac-with-video.mp4", "mp4/aac", 0, 48_000, 15.0),
    expected("aac-zlib.mkv", "matroska/aac", 0, 16_347, 12.0),
    expected("aac.aac", "adts/aac", AAC_DELAY, 48_670, 12.0),
    expected("aac.m4a", "mp4/aac", 0, 48_000, 15.0),
    expected("aac.mkv", "matroska/aac", AAC_DELAY, 48_670, 12.0),
    expected("aac.mov", "mp4/aac", 0, 48_000, 15.0),
    expected("aac.ts", "mpegts/aac", AAC_DELAY, 16_719, 12.0),
    expected("aifc-alaw.aifc", "aiff/pcm_alaw", 0, 16_000, 35.0),
    expected("aifc-f32be.aifc", "aiff/pcm_f32be", 0, 16_000, 90.0),
    expected("aifc-ima4.aifc", "aiff/adpcm_ima_qt", 0, 16_000, 20.0),
    expected("aifc-mulaw.aifc", "aiff/pcm_mulaw", 0, 16_000, 35.0),
    expected("aifc-s16le.aifc", "aiff/pcm_s16le", 0, 16_000, 90.0),
    expected("aifc-s24be.aifc", "aiff/pcm_s24be", 0, 16_000, 90.0),
    expected("aiff.aiff", "aiff/pcm_s16be", 0, 48_000, 90.0),
    expected("alac.caf", "caf/alac", 0, 48_000, 70.0),
    expected("alac.m4a", "mp4/alac", 0, 48_000, 70.0),
    expected("au-alaw.au", "au/pcm_alaw", 0, 16_000, 35.0),
    expected("au-f32be.au", "au/pcm_f32be", 0, 16_000, 90.0),
    expected("au-mulaw.au", "au/pcm_mulaw", 0, 16_000, 35.0),
    expected("au-s16be.au", "au/pcm_s16be", 0, 16_000, 90.0),
    expected("au-s24be.au", "au/pcm_s24be", 0, 16_000, 90.0),
    expected("au-s8.au", "au/pcm_s8", 0, 16_000, 25.0),
    expected("au-streamed.au", "au/pcm_mulaw", 0, 16_000, 35.0),
    expected("caf-f32be.caf", "caf/pcm_f32be", 0, 16_000, 90.0),
    expected("caf-mulaw.caf", "caf/pcm_mulaw", 0, 16_000, 35.0),
    expected("caf-s24le.caf", "caf/pcm_s24le", 0, 16_000, 90.0),
    expected("caf.caf", "caf/pcm_s16be", 0, 48_000, 90.0),
    expected("chained.ogg", "ogg/opus", 0, 96_000, 10.0),
    expected("flac-streamed.flac", "flac/flac", 0, 48_000, 70.0),
    expected("flac.flac", "flac/flac", 0, 48_000, 40.0),
    expected("flac.mkv", "matroska/flac", 0, 16_000, 70.0),
    expected("flac.mp4", "mp4/flac", 0, 16_000, 70.0),
    expected("flac.ogg", "ogg/flac", 0, 48_000, 70.0),
    expected("ima4.mov", "mp4/adpcm_ima_qt", 0, 16_000, 20.0),
    expected("mp2.mpga", "mp2/mp2", MP2_DELAY, 48_384, 20.0),
    expected("mp2.ts", "mpegts/mp2", MP2_DELAY / 2, 16_128, 14.0),
    expected("mp3-joined.mp3", "mp3/mp3", 0, 96_484, 15.0),
    expected("mp3-mpeg2.5.mp3", "mp3/mp3", 0, 48_000, 10.0),
    expected("mp3-mpeg2.mp3", "mp3/mp3", 0, 48_000, 15.0),
    expected("mp3-no-xing.mp3", "mp3/mp3", MP3_DELAY, 48_484, 15.0),
    expected("mp3-vbr-no-xing.mp3", "mp3/mp3", MP3_DELAY, 48_484, 15.0),
    expected("mp3-vbr.mp3", "mp3/mp3", 0, 48_000, 15.0),
    expected("mp3.m2ts", "mpegts/mp3", MP3_DELAY, 16_719, 15.0),
    expected("mp3.mkv", "matroska/mp3", MP3_DELAY, 16_401, 15.0),
    expected("mp3.mp3", "mp3/mp3", 0, 48_000, 15.0),
    expected("opus-streamed.webm", "matroska/opus", 0, 48_000, 10.0),
    // The result includes the encoder delay, because ffmpeg does not write a packet table that
    // declares it.
    expected("opus.caf", "caf/opus", OPUS_DELAY, 48_320, 10.0),
    expected("opus.mkv", "matroska/opus", 0, 48_000, 10.0),
    expected("opus.mp4", "mp4/opus", 0, 48_000, 10.0),
    expected("opus.ogg", "ogg/opus", 0, 48_000, 10.0),
    expected("opus-second-track.mkv", "matroska/opus", 0, 16_000, 10.0),
    expected("opus.webm", "matroska/opus", 0, 48_000, 10.0),
    expected("pcm-s24be.mov", "mp4/pcm_s24be", 0, 16_000, 90.0),
    expected("pcm.mkv", "matroska/pcm_s16le", 0, 16_000, 90.0),
    expected("pcm.mov", "mp4/pcm_s16le", 0, 16_000, 90.0),
    expected("vorbis-zlib.mkv", "matroska/vorbis", 0, 16_022, 10.0),
    expected("vorbis.ogg", "ogg/vorbis", 0, 48_000, 10.0),
    expected("vorbis.webm", "matroska/vorbis", 0, 48_019, 10.0),
    expected("wav-11k.wav", "wav/pcm_s16le", 0, 48_000, 15.0),
    expected("wav-8k.wav", "wav/pcm_s16le", 0, 48_000, 10.0),
    expected("wav-96k-stereo.wav", "wav/pcm_s16le", 0, 16_000, 40.0),
    expected("wav-alaw.wav", "wav/pcm_alaw", 0, 16_000, 35.0),
    expected("wav-bw64.wav", "wav/pcm_s16le", 0, 16_000, 90.0),
    expected("wav-f32le.wav", "wav/pcm_f32le", 0, 16_000, 70.0),
    expected("wav-f64le.wav", "wav/pcm_f64le", 0, 16_000, 70.0),
    // The file contains only whole blocks, so it is slightly longer than a second.
    expected("wav-gsm.wav", "wav/gsm_ms", 0, 16_000, 8.0),
    expected("wav-ima-adpcm-stereo.wav", "wav/adpcm_ima_wav", 0, 16_236, 20.0),
    expected("wav-ima-adpcm.wav", "wav/adpcm_ima_wav", 0, 16_328, 20.0),
    expected("wav-mp2.wav", "wav/mp2", MP2_DELAY, 16_128, 20.0),
    expected("wav-mp3.wav", "wav/mp3", MP3_DELAY, 16_719, 15.0),
    expected("wav-ms-adpcm-stereo.wav", "wav/adpcm_ms", 0, 16_156, 20.0),
    expected("wav-ms-adpcm.wav", "wav/adpcm_ms", 0, 16_288, 20.0),
    expected("wav-mulaw.wav", "wav/pcm_mulaw", 0, 16_000, 35.0),
    expected("wav-odd-rate.wav", "wav/pcm_s16le", 0, 16_000, 40.0),
    expected("wav-rf64.wav", "wav/pcm_s16le", 0, 16_000, 90.0),
    expected("wav-s16le.wav", "wav/pcm_s16le", 0, 16_000, 90.0),
    expected("wav-s24le.wav", "wav/pcm_s24le", 0, 16_000, 70.0),
    expected("wav-s32le.wav", "wav/pcm_s32le", 0, 16_000, 70.0),
    expected("wav-size-zero.wav", "wav/pcm_mulaw", 0, 16_000, 35.0),
    expected("wav-streamed.wav", "wav/pcm_s16le", 0, 48_000, 90.0),
    expected("wav-u8.wav", "wav/pcm_u8", 0, 16_000, 15.0),
];

const REFUSED: &[(&str, Status, &str)] = &[
    ("aac-latm.ts", Status::Unsupported, "AAC in LATM in MPEG-TS"),
    ("ac3.ac3", Status::Unsupported, "AC-3"),
    ("ac3.mkv", Status::Unsupported, "AC-3 in matroska"),
    ("ac3.mp4", Status::Unsupported, "AC-3 in MP4"),
    ("ac3.ts", Status::Unsupported, "AC-3 in MPEG-TS"),
    ("amr.3gp", Status::Unsupported, "AMR in 3GP"),
    ("amr.amr", Status::Unsupported, "AMR"),
    ("g722.wav", Status::Unsupported, "G.722 in wav"),
    ("mpeg-ps.mpg", Status::Unsupported, "an MPEG program stream"),
    ("no-audio.mp4", Status::Invalid, "this MP4 file has no audio track"),
    ("opus-surround.ogg", Status::Unsupported, "Opus with 6 channels"),
    ("speex.ogg", Status::Unsupported, "Speex in ogg"),
    ("wavpack.wv", Status::Unsupported, "WavPack"),
    ("wma.wma", Status::Unsupported, "ASF (WMA, WMV)"),
];

#[test]
fn decodes_every_format_like_the_reference() {
    let (_, reference) = decode("formats/reference.wav", OPTIONS).unwrap();
    let mut failures = Vec::new();
    for expected in ACCEPTED {
        let (info, samples) = match decode(&format!("formats/{}", expected.file), OPTIONS) {
            Ok(decoded) => decoded,
            Err(error) => {
                failures.push(format!("{}: {error}", expected.file));
                continue;
            }
        };
        let codec = format!("{}/{}", info.container, info.codec);
        let snr = snr_db(&samples[expected.early.min(samples.len())..], &reference);
        if codec != expected.codec || samples.len() != expected.samples || snr < expected.snr {
            let count = samples.len();
            failures.push(format!("{}: {codec}, {count} samples, {snr:.1} dB", expected.file));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn decodes_all_streams_of_a_chained_file() {
    let (_, reference) = decode("formats/reference.wav", OPTIONS).unwrap();
    let (_, samples) = decode("formats/chained.ogg", OPTIONS).unwrap();
    assert!(snr_db(&samples[48_000..], &reference) > 10.0);
    // The file contains one second of each of these streams: Vorbis in mono at 44.1 kHz, FLAC in
    // stereo at 8 kHz, and Opus in stereo.
    let (_, samples) = decode("formats/chained-rates.ogg", OPTIONS).unwrap();
    assert_eq!(samples.len(), 48_000);
    for (link, snr) in samples.chunks(16_000).zip([6.0, 20.0, 15.0]) {
        assert!(snr_db(link, &reference) > snr);
    }
}

#[test]
fn decodes_an_mp3_that_changes_its_channels_or_rate() {
    let (_, reference) = decode("formats/reference.wav", OPTIONS).unwrap();
    let (_, samples) = decode("formats/mp3-switching.mp3", OPTIONS).unwrap();
    // The file has 38 frames of 1,152 samples at 44.1 kHz, another 38 such frames, and then 38
    // frames of 576 samples at half the rate.
    for start in [MP3_DELAY, 15_882 + MP3_DELAY, 31_765 + 2 * MP3_DELAY] {
        let part = &samples[start..start + 15_000];
        assert!(snr_db(part, &reference) > 15.0, "from {start} on");
    }
}

#[test]
fn mixes_surround_like_ffmpeg() {
    let (info, samples) = decode("formats/wav-surround.wav", OPTIONS).unwrap();
    assert_eq!(info.channels, 6);
    // Only the left and the right channel have sound. Each has the weight sqrt(1/2), and the mix is
    // divided by the sum of the weights of all channels. The reference is the average of the two
    // channels, so its gain is 2 * sqrt(1/2) = SQRT_2, divided by this sum.
    let (_, reference) = decode("formats/reference.wav", OPTIONS).unwrap();
    let gain = SQRT_2 / (SQRT_2 + 1.0 + 2.0 * 0.5);
    let expected: Vec<f32> = reference.iter().map(|sample| sample * gain).collect();
    assert!(snr_db(&samples, &expected) > 60.0);
    // Only the center channel of the four channels has sound. Without a channel mask, the file gets
    // the usual layout of four channels.
    let (_, samples) = decode("formats/wav-extensible.wav", OPTIONS).unwrap();
    let gain = 1.0 / (SQRT_2 + 1.0 + 0.5);
    let expected: Vec<f32> = reference.iter().map(|sample| sample * gain).collect();
    assert!(snr_db(&samples, &expected) > 15.0);
    let (_, no_mask) = decode("formats/wav-extensible-no-mask.wav", OPTIONS).unwrap();
    assert_eq!(samples, no_mask);
}

#[test]
fn resamples_to_24_khz() {
    let options = Options { sample_rate: 24_000, ..OPTIONS };
    let (_, samples) = decode("jfk.flac", options).unwrap();
    assert_eq!(samples.len(), 11 * 24_000);
}

#[test]
fn returns_the_duration_in_the_headers() {
    for (file, seconds) in [("jfk.flac", 11.0), ("formats/opus.ogg", 3.0), ("formats/aac.m4a", 3.0)]
    {
        let (info, _) = decode(file, OPTIONS).unwrap();
        assert!((info.duration_s.unwrap() - seconds).abs() < 0.05, "{file}: {info:?}");
    }
    for file in ["opus-streamed.webm", "au-streamed.au", "wav-size-zero.wav", "chained-rates.ogg"] {
        let (info, _) = decode(&format!("formats/{file}"), OPTIONS).unwrap();
        assert_eq!(info.duration_s, None, "{file}");
    }
}

#[test]
fn the_error_names_an_unsupported_format() {
    for (file, status, found) in REFUSED {
        let error = decode(&format!("formats/refused/{file}"), OPTIONS).unwrap_err();
        assert_eq!(error.status, *status, "{file}: {error}");
        assert!(error.message.contains(found), "{file}: {error}");
    }
}

#[test]
fn the_core_of_he_aac_has_the_right_delay() {
    let bytes = audio("formats/aac-22k.m4a");
    // The test replaces the declaration of low-complexity AAC by a declaration of HE-AAC.
    let (low_complexity, high_efficiency) = (b"\x13\x88\x56\xe5\0", b"\x2b\x8a\x08\0\0");
    let at = bytes.windows(5).position(|found| found == low_complexity).unwrap();
    let patched = [&bytes[..at], high_efficiency, &bytes[at + 5..]].concat();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("he-aac.m4a");
    std::fs::write(&path, patched).unwrap();
    let (_, core) = decode_path(path, OPTIONS).unwrap();
    let (_, reference) = decode("formats/aac-22k.m4a", OPTIONS).unwrap();
    // For HE-AAC, the decoder inserts 962 frames of silence at 44.1 kHz. These are 349 samples at
    // 16 kHz.
    assert_eq!(core.len(), reference.len());
    assert!(snr_db(&core[349..], &reference) > 30.0);
}

#[test]
fn survives_random_damage() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("damaged");
    let options = Options { duration_max_s: Some(60.0), wall_ms_max: Some(10_000), ..OPTIONS };
    let mut random = 1u32;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        random as usize % below
    };
    for expected in ACCEPTED {
        let whole = audio(&format!("formats/{}", expected.file));
        for round in 0..20 {
            let mut bytes = whole.clone();
            match round {
                0 => bytes.truncate(bytes.len() / 2),
                1 => bytes.truncate(next(200)),
                // Most changes are in the headers, because damage in the headers has the most
                // effect.
                _ => (0..1 + next(8)).for_each(|_| {
                    let range = if round % 3 == 0 { bytes.len() } else { 600.min(bytes.len()) };
                    bytes[next(range)] = next(256) as u8;
                }),
            }
            std::fs::write(&path, &bytes).unwrap();
            // The decoder may return any result. It must not crash, hang or return an invalid
            // sample.
            if let Ok((_, samples)) = decode_path(path.clone(), options) {
                assert!(samples.iter().all(|sample| sample.abs() <= 1.0), "{}", expected.file);
            }
        }
    }
}

#[test]
fn a_truncated_file_is_decoded_up_to_its_end() {
    let options = Options { duration_max_s: Some(2.5), ..OPTIONS };
    for file in
        ["aac-faststart.mp4", "opus.ogg", "wav-s16le.wav", "flac.flac", "aac-fragmented.mp4"]
    {
        let bytes = audio(&format!("formats/{file}"));
        let half = std::io::Cursor::new(bytes[..bytes.len() / 2].to_vec());
        let mut decoder = Decoder::open_source(half, bytes.len() as u64 / 2, options).unwrap();
        let count = decoder.read(&mut [0.0; 48_000]).unwrap();
        assert!((6_000..40_000).contains(&count), "{file}: {count} samples");
    }
}

/// Returns the signal-to-noise ratio of `samples` compared with the reference, over the shorter of
/// both lengths.
fn snr_db(samples: &[f32], reference: &[f32]) -> f64 {
    let power = |samples: &mut dyn Iterator<Item = f32>| -> f64 {
        samples.map(|sample| f64::from(sample) * f64::from(sample)).sum()
    };
    let pairs = samples.iter().zip(reference);
    let signal = power(&mut pairs.clone().map(|(_, reference)| *reference));
    let noise = power(&mut pairs.map(|(sample, reference)| sample - reference));
    10.0 * (signal / noise.max(1e-12)).log10()
}
