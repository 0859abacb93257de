//! Untrusted audio files in, mono float32 at 16 or 24 kHz out, in bounded memory.
//!
//! ```text
//! border -> decode: source -> container -> track (codec) -> trim -> downmix -> resample
//! ```

// The C interface, and the only place with `unsafe`.
#[allow(unsafe_code)]
pub mod border;

mod container;
mod cpu;
pub mod decode;
mod downmix;
mod he_aac;
pub mod limits;
mod mp3_gapless;
mod mp4_edit_list;
mod opus;
mod probe;
mod resample;
mod source;
pub mod status;
mod track;
mod trim;
