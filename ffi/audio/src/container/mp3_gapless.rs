//! Removes the encoder delay and the padding of an mp3 file, if the file declares them.

use symphonia::core::formats::Track;

use crate::trim::Trim;

/// Returns the audible ranges. Without a LAME tag, the demuxer only estimates the length. Nothing
/// is then removed, because audio at the end could be lost. With a LAME tag, the delay and the
/// padding are removed. Audio after the padding is kept, because in joined mp3 files the next file
/// starts there.
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
