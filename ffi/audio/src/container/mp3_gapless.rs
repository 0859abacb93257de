//! mp3: cuts encoder delay and padding, only if the file declares them.

use symphonia::core::formats::Track;

use crate::trim::Trim;

/// Without a LAME tag nothing is trimmed: the demuxer only estimates the length and would cut off
/// audio at the end. With a tag, the padding is a gap: in joined files more audio follows.
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
