//! Computes by how much the audio of a Matroska file starts later than its video.

use crate::container::stream::LATE_NS_MAX;

/// The times of the first blocks, in ticks of the file.
#[derive(Debug)]
pub struct Clock {
    tick_ns: u64,
    /// Number of the video track; `None` if the file has no video.
    video: Option<u64>,
    /// Time of the current cluster.
    cluster: u64,
    /// Time of the first block of the video track.
    video_start: Option<i64>,
    has_started: bool,
}

impl Clock {
    pub fn new(tick_ns: u64, video: Option<u64>) -> Self {
        Clock { tick_ns, video, cluster: 0, video_start: None, has_started: false }
    }

    pub fn enter_cluster(&mut self, time: u64) {
        self.cluster = time;
    }

    /// Processes a block of another track. `offset` is the time of the block in its cluster.
    pub fn see_other(&mut self, track: u64, offset: i16) {
        if self.video == Some(track) && self.video_start.is_none() {
            self.video_start = Some(self.time(offset));
        }
    }

    /// Processes a block of the audio track. For the first block, returns the time in nanoseconds
    /// from the start of the video to the start of the audio. Returns 0 if there is no earlier
    /// video.
    pub fn start_audio(&mut self, offset: i16) -> u64 {
        if std::mem::replace(&mut self.has_started, true) {
            return 0;
        }
        let ticks = self.video_start.map_or(0, |start| self.time(offset).saturating_sub(start));
        let ns = u64::try_from(ticks).unwrap_or_default().saturating_mul(self.tick_ns);
        if ns <= LATE_NS_MAX { ns } else { 0 }
    }

    fn time(&self, offset: i16) -> i64 {
        i64::try_from(self.cluster).unwrap_or(i64::MAX).saturating_add(offset.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_from_the_first_video_to_the_first_audio() {
        let mut clock = Clock::new(1_000_000, Some(1));
        clock.enter_cluster(100_000);
        clock.see_other(1, 20);
        clock.see_other(1, 40);
        clock.enter_cluster(102_000);
        assert_eq!(clock.start_audio(-30), 1_950_000_000);
        assert_eq!(clock.start_audio(100), 0);
    }

    #[test]
    fn only_earlier_video_delays_the_audio() {
        let late = |video, video_at, audio_at| {
            let mut clock = Clock::new(1_000_000, video);
            clock.enter_cluster(video_at);
            clock.see_other(7, 0);
            clock.enter_cluster(audio_at);
            clock.start_audio(0)
        };
        assert_eq!(late(Some(7), 0, 5), 5_000_000);
        assert_eq!(late(Some(7), 5, 0), 0);
        assert_eq!(late(Some(3), 0, 5), 0);
        assert_eq!(late(None, 0, 5), 0);
        assert_eq!(late(Some(7), 0, u64::MAX), 0);
    }
}
