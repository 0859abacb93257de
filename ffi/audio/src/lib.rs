//! Decodes untrusted audio files to mono float32 at 16 or 24 kHz. The memory does not grow
//! with the length of the file. Also finds regions of speech in the samples, and computes Whisper's
//! features from the samples.
//!
//! ```text
//! c_api -> decode: source -> container -> track (codec) -> trim -> mixer (downmix) -> resample
//!        -> voice_activity: level -> silero (dense) -> speech_regions
//!        -> log_mel: mel_filters
//! ```

// The C interface. Only this module uses `unsafe`.
#[allow(unsafe_code)]
pub mod c_api;

mod aac;
mod activation;
mod bits;
mod container;
pub mod decode;
mod dense;
mod downmix;
mod gsm;
mod hann;
mod ima_adpcm;
mod level;
mod library;
pub mod limits;
pub mod log_mel;
mod mel_filters;
mod mixer;
mod mpeg_audio;
mod opus;
mod probe;
mod resample;
pub mod silero;
mod source;
pub mod speech_regions;
pub mod status;
mod track;
pub mod track_choice;
mod trim;
pub mod voice_activity;
mod vorbis_setup;
mod vorbis_surround;
