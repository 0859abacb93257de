//! Converts probabilities of speech to regions of speech with the rules of Silero's
//! `get_speech_timestamps`. That function needs all probabilities at once, but this code processes
//! them while they arrive. Positions and lengths are samples at 16 kHz.

use std::collections::VecDeque;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Probability at which speech starts.
    pub threshold: f32,
    /// Probability below which silence starts.
    pub neg_threshold: f32,
    /// Probability that at least one window of a region must reach. Silero does not have this rule.
    /// A value up to `threshold` disables the rule.
    pub peak_threshold: f32,
    /// Minimum length of a region without its padding. Shorter regions are discarded.
    pub speech_min: i64,
    /// Minimum length of the silence that ends a region.
    pub silence_min: i64,
    /// Padding at both ends of a region. If the silence between two regions is shorter than twice
    /// the padding, each region gets half of the silence.
    pub pad: i64,
}

/// A region of speech. It includes the sample `start` and excludes the sample `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Region {
    pub start: i64,
    pub end: i64,
}

#[derive(Debug)]
pub struct SpeechRegions {
    options: Options,
    /// Number of samples that were processed.
    now: i64,
    speech: Option<Speech>,
    /// The last region, if it has ended but is not finished. Its start includes the padding. Its
    /// end does not include the padding yet, because the padding depends on the start of the next
    /// region.
    ended: Option<Region>,
    finished: VecDeque<Region>,
    /// End of the last finished region.
    finished_end: i64,
    /// Whether the stream has ended.
    over: bool,
}

/// A sound that may become a region.
#[derive(Debug)]
struct Speech {
    start: i64,
    /// Maximum probability of the windows of the sound.
    peak: f32,
    /// Start of the sound with padding. `None` until the sound has become a region.
    padded_start: Option<i64>,
    /// Start of the silence that may end the sound; `None` if there is none.
    silence: Option<i64>,
}

impl Speech {
    fn new(start: i64, peak: f32) -> Self {
        Speech { start, peak, padded_start: None, silence: None }
    }
}

impl SpeechRegions {
    pub fn new(options: Options) -> Self {
        SpeechRegions {
            options,
            now: 0,
            speech: None,
            ended: None,
            finished: VecDeque::new(),
            finished_end: 0,
            over: false,
        }
    }

    /// Processes the probability of the next window, which has `samples` samples. Only the last
    /// window may be shorter than the others.
    pub fn push(&mut self, probability: f32, samples: i64) {
        let start = self.now;
        self.now += samples;
        self.advance(probability, start);
        self.settle();
    }

    /// Ends the stream, and ends its last region.
    pub fn finish(&mut self) {
        self.over = true;
        if let Some(speech) = self.speech.take()
            && self.now - speech.start > self.options.speech_min
        {
            self.end(speech, self.now);
        }
        if let Some(Region { start, end }) = self.ended.take() {
            self.put_out(Region { start, end: self.now.min(end + self.options.pad) });
        }
    }

    /// Returns the next finished region in order of time; `None` if there is none. Returns each
    /// region only once.
    pub fn pop(&mut self) -> Option<Region> {
        self.finished.pop_front()
    }

    /// Returns the position up to which the stream has been divided into speech and silence.
    /// Regions that are not finished yet start at this position or after it.
    pub fn decided(&self) -> i64 {
        if self.over {
            return self.now;
        }
        let speech = self.speech.as_ref();
        let start = self.ended.map(|region| region.start);
        let start = start.or(speech.and_then(|speech| speech.padded_start));
        start.unwrap_or_else(|| {
            let earliest = speech.map_or(self.now, |speech| speech.start);
            (earliest - self.options.pad).max(self.finished_end)
        })
    }

    /// Returns whether `decided` is the start of a region that is not finished. Returns false if
    /// there is no sound, or if the current sound is not a region yet.
    pub fn is_open(&self) -> bool {
        let is_sure = |speech: &Speech| speech.padded_start.is_some();
        self.ended.is_some() || self.speech.as_ref().is_some_and(is_sure)
    }

    /// Processes one window as Silero's loop does. `speech` is Silero's `current_speech`, and
    /// `silence` is its `temp_end`.
    fn advance(&mut self, probability: f32, at: i64) {
        let is_speech = probability >= self.options.threshold;
        let Some(mut speech) = self.speech.take() else {
            self.speech = is_speech.then(|| Speech::new(at, probability));
            return;
        };
        speech.peak = speech.peak.max(probability);
        if is_speech {
            speech.silence = None;
        }
        if probability < self.options.neg_threshold {
            let silence = *speech.silence.get_or_insert(at);
            if at - silence >= self.options.silence_min {
                if silence - speech.start > self.options.speech_min {
                    self.end(speech, silence);
                }
                return;
            }
        }
        self.speech = Some(speech);
    }

    fn end(&mut self, speech: Speech, end: i64) {
        if speech.peak < self.options.peak_threshold {
            return;
        }
        let start = speech.padded_start.unwrap_or_else(|| self.join(speech.start));
        self.ended = Some(Region { start, end });
    }

    /// Returns the start of a region with its padding. Also sets the end of the previous region
    /// with its padding. If the silence between the two regions is shorter than twice the padding,
    /// each region gets half of the silence.
    fn join(&mut self, start: i64) -> i64 {
        let pad = self.options.pad;
        let Some(before) = self.ended.take() else {
            return (start - pad).max(self.finished_end);
        };
        let pad = pad.min((start - before.end) / 2);
        self.put_out(Region { start: before.start, end: before.end + pad });
        start - pad
    }

    fn put_out(&mut self, region: Region) {
        self.finished_end = region.end;
        self.finished.push_back(region);
    }

    /// Moves the last region to `finished` if no later window can change it.
    fn settle(&mut self) {
        let mut next_start = self.now;
        if let Some(speech) = &self.speech {
            let is_long =
                speech.silence.unwrap_or(self.now) - speech.start > self.options.speech_min;
            let is_probable = speech.peak >= self.options.peak_threshold;
            // A long sound that has not reached `peak_threshold` may last for hours. Therefore the
            // previous region does not wait until this sound ends.
            if is_probable || !is_long {
                next_start = speech.start;
            }
            if is_probable && is_long && speech.padded_start.is_none() {
                let padded_start = self.join(speech.start);
                self.speech.iter_mut().for_each(|speech| speech.padded_start = Some(padded_start));
            }
        }
        let pad = self.options.pad;
        if let Some(Region { start, end }) = self.ended.take_if(|it| next_start - it.end >= 2 * pad)
        {
            self.put_out(Region { start, end: end + pad });
        }
    }
}
