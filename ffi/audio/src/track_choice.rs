//! Chooses the audio track of a file that may have several tracks.

use std::io;

use crate::status::{Error, Status};

/// Maximum number of tracks that are stored, best first. The caller can select each of them by its
/// rank.
const RANKS_MAX: usize = 8;

/// The track that the caller requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackRequest {
    /// The track with this rank. The best track has rank 0.
    Rank(u32),
    /// The track with this number. The first audio track of the file has number 1.
    Number(u32),
}

impl TrackRequest {
    /// Returns an error if the chosen track is not the requested track.
    pub fn check(self, place: TrackPlace) -> Result<(), Error> {
        let is_available = match self {
            TrackRequest::Rank(rank) => rank < place.tracks,
            TrackRequest::Number(number) => number == place.number,
        };
        if is_available { Ok(()) } else { Err(self.missing(place.tracks)) }
    }

    fn missing(self, tracks: u32) -> Error {
        let wanted = match self {
            TrackRequest::Rank(rank) => format!("a further audio track (rank {rank})"),
            TrackRequest::Number(number) => format!("audio track {number}"),
        };
        let has =
            if tracks == 1 { "1 audio track".into() } else { format!("{tracks} audio tracks") };
        Error::new(Status::NoTrack, format!("Cannot decode {wanted}: the file has {has}"))
    }
}

/// The position of the chosen track among the audio tracks of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackPlace {
    /// Number of the track, from 1.
    pub number: u32,
    /// Number of audio tracks in the file.
    pub tracks: u32,
    /// Number of decodable tracks that follow this track in the order of ranks.
    pub left: u32,
}

impl TrackPlace {
    /// The only track of a file.
    pub const ONLY: TrackPlace = TrackPlace { number: 1, tracks: 1, left: 0 };
}

/// The properties that determine the rank of a track, most important first. Among equal tracks, the
/// first track of the file is the best. ffmpeg uses the same order, but does not check whether it
/// can decode the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quality {
    pub is_decodable: bool,
    pub is_default: bool,
    pub channels: usize,
}

/// Collects the audio tracks of a file. It stores only the tracks that may be chosen.
#[derive(Debug)]
pub struct TrackChoice<T> {
    request: TrackRequest,
    tracks: u32,
    best: Vec<Candidate<T>>,
}

#[derive(Debug)]
struct Candidate<T> {
    number: u32,
    quality: Quality,
    track: T,
}

impl<T> TrackChoice<T> {
    pub fn new(request: TrackRequest) -> Self {
        TrackChoice { request, tracks: 0, best: Vec::new() }
    }

    /// Adds the next audio track of the file.
    pub fn add(&mut self, track: T, quality: Quality) {
        self.tracks += 1;
        let number = self.tracks;
        if matches!(self.request, TrackRequest::Number(wanted) if wanted != number) {
            return;
        }
        let rank = self.best.iter().take_while(|other| other.quality >= quality).count();
        self.best.insert(rank, Candidate { number, quality, track });
        self.best.truncate(RANKS_MAX);
    }

    /// Returns the track that would be chosen from the tracks so far.
    pub fn current(&self) -> Option<&T> {
        self.best.get(self.index()).map(|candidate| &candidate.track)
    }

    /// Returns the chosen track; `None` if the file has no audio track.
    pub fn finish(mut self) -> io::Result<Option<(T, TrackPlace)>> {
        let index = self.index();
        if self.tracks == 0 {
            return Ok(None);
        }
        // The best track may be undecodable. Its error message then explains why.
        let is_usable =
            self.best.get(index).is_some_and(|found| index == 0 || found.quality.is_decodable);
        if !is_usable {
            return Err(io::Error::other(self.request.missing(self.tracks)));
        }
        let later = self.best.iter().skip(index + 1);
        let left = later.filter(|candidate| candidate.quality.is_decodable).count() as u32;
        let Candidate { number, track, .. } = self.best.swap_remove(index);
        Ok(Some((track, TrackPlace { number, tracks: self.tracks, left })))
    }

    fn index(&self) -> usize {
        match self.request {
            TrackRequest::Rank(rank) => usize::try_from(rank).unwrap_or(usize::MAX),
            TrackRequest::Number(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each track has a letter: `d` for decodable, `f` for the default flag, and a number of channels.
    fn choose(request: TrackRequest, tracks: &[(&str, usize)]) -> io::Result<(u32, u32)> {
        let mut choice = TrackChoice::new(request);
        for (flags, channels) in tracks {
            let quality = Quality {
                is_decodable: flags.contains('d'),
                is_default: flags.contains('f'),
                channels: *channels,
            };
            choice.add((), quality);
        }
        Ok(choice.finish()?.map_or((0, 0), |((), place)| (place.number, place.left)))
    }

    #[test]
    fn prefers_decodable_default_and_many_channels() {
        let best = |tracks: &[(&str, usize)]| choose(TrackRequest::Rank(0), tracks).unwrap();
        assert_eq!(best(&[]), (0, 0));
        assert_eq!(best(&[("d", 1), ("d", 2), ("d", 2)]), (2, 2));
        assert_eq!(best(&[("d", 2), ("df", 1)]), (2, 1));
        assert_eq!(best(&[("f", 6), ("d", 1)]), (2, 0));
        assert_eq!(best(&[("", 1), ("f", 1)]), (2, 0));
    }

    #[test]
    fn ranks_the_other_tracks() {
        let tracks = [("d", 1), ("df", 1), ("f", 2), ("d", 2)];
        let rank = |rank| choose(TrackRequest::Rank(rank), &tracks);
        assert_eq!([0, 1, 2].map(|at| rank(at).unwrap()), [(2, 2), (4, 1), (1, 0)]);
        // The next track is not decodable.
        assert!(rank(3).is_err());
        let many = [("d", 1); 200];
        assert_eq!(choose(TrackRequest::Rank(7), &many).unwrap(), (8, 0));
        assert!(choose(TrackRequest::Rank(8), &many).is_err());
    }

    #[test]
    fn the_number_selects_any_track() {
        let tracks = [("df", 2), ("", 1), ("d", 1)];
        let number = |number| choose(TrackRequest::Number(number), &tracks);
        assert_eq!([1, 2, 3].map(|at| number(at).unwrap().0), [1, 2, 3]);
        let message = number(4).unwrap_err().to_string();
        assert_eq!(message, "Cannot decode audio track 4: the file has 3 audio tracks");
        assert!(TrackRequest::Number(2).check(TrackPlace::ONLY).is_err());
        assert!(TrackRequest::Number(1).check(TrackPlace::ONLY).is_ok());
        assert!(TrackRequest::Rank(1).check(TrackPlace::ONLY).is_err());
    }
}
