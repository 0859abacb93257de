//! Converts probabilities of speech to regions of speech while they arrive, like Silero's
//! `get_speech_timestamps`. All numbers are samples at 16 kHz.

use std::collections::VecDeque;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Speech starts at a window with at least this probability.
    pub threshold: f32,
    /// Silence starts at a window with a lower probability.
    pub neg_threshold: f32,
    /// A region must have a window with at least this probability. Silero does not have this rule.
    /// The value of `threshold` disables the rule.
    pub peak_threshold: f32,
    /// Shorter regions, measured without padding, are discarded.
    pub speech_min: i64,
    /// Silence at least this long ends a region.
    pub silence_min: i64,
    /// Padding at both ends of a region. If the silence between two regions is shorter than two
    /// paddings, each region gets half of it.
    pub pad: i64,
}

/// From `start` up to but excluding `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Region {
    pub start: i64,
    pub end: i64,
}

#[derive(Debug)]
pub struct SpeechRegions {
    options: Options,
    /// Number of samples processed.
    now: i64,
    speech: Option<Speech>,
    /// The last region that has ended. Its start has its padding. The padding of its end depends on
    /// the start of the next region.
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
    /// Maximum probability of its windows.
    peak: f32,
    /// Start of the padding. Set when the sound has become a region.
    padded_start: Option<i64>,
    /// Start of the silence that may end the sound.
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

    /// Takes the probability of the next window of `samples` samples. Only the last window may be
    /// shorter.
    pub fn push(&mut self, probability: f32, samples: i64) {
        let start = self.now;
        self.now += samples;
        self.advance(probability, start);
        self.settle();
    }

    /// Ends the stream and its open region.
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

    /// Returns the next finished region, in order; each region once.
    pub fn pop(&mut self) -> Option<Region> {
        self.finished.pop_front()
    }

    /// All later regions start at this sample or after it.
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

    /// Whether an unfinished region starts at `decided`. If false, the current sound may still
    /// become silence.
    pub fn is_open(&self) -> bool {
        let is_sure = |speech: &Speech| speech.padded_start.is_some();
        self.ended.is_some() || self.speech.as_ref().is_some_and(is_sure)
    }

    /// Processes one window, like Silero's loop: `speech` is its `current_speech`, `silence` its
    /// `temp_end`.
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

    /// Returns the padded start of a region. Also sets the padded end of the previous region, which
    /// gets its share of the silence between them.
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

    /// Finishes the regions that no later window can change.
    fn settle(&mut self) {
        let mut next_start = self.now;
        if let Some(speech) = &self.speech {
            let is_long =
                speech.silence.unwrap_or(self.now) - speech.start > self.options.speech_min;
            let is_probable = speech.peak >= self.options.peak_threshold;
            // A sound without a peak may last for hours. The previous region is finished without
            // it.
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
