//! Removes the encoder delay and the padding of an mp3 file, if the file declares them.

use symphonia::core::formats::Track;

use crate::trim::Trim;

/// Returns the audible ranges. Without a LAME tag, nothing is removed, because the demuxer then
/// only estimates the length, and audio at the end could be lost. With a LAME tag, audio after the
/// padding is kept, because joined mp3 files continue there.
pub fn trim(track: &Track) -> Trim {
    let Some(delay) = track.delay.map(u64::from) else {
        return Trim::none();
    };
    match (track.num_frames, track.padding.map(u64::from)) {
        (Some(frames), Some(padding)) => {
            let end = delay + frames;
            Trim::ranges(vec![delay..end, end + padding..u64::MAX])
        }
        _ => Trim::start(delay),
    }
}
