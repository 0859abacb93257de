//! mp3: the frames between encoder delay and padding, only when the file says what they are.

use symphonia::core::formats::Track;

use crate::trim::Trim;

/// Without a LAME tag the demuxer only estimates the length and would cut real audio off the end,
/// so nothing is trimmed then. With one, the padding is a gap: in joined files more audio follows.
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
