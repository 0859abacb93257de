//! Finds regions of speech in a stream of samples at 16 kHz while the samples arrive.

use std::collections::VecDeque;

use crate::level::{DELAY, Leveller, Window};
use crate::silero::{Silero, WINDOW};
use crate::speech_regions::{Options, Region, SpeechRegions};
use crate::status::{Error, Result, Status};

/// With more windows, the outputs of the first layers do not fit into the second cache of a core
/// with the weights.
const JUDGED_TOGETHER: usize = 16;

#[derive(Debug)]
pub struct VoiceActivity {
    /// Leveller, which amplifies quiet audio for the network. If it is `None`, the network receives
    /// the samples unchanged.
    leveller: Option<Leveller>,
    network: Silero,
    regions: SpeechRegions,
    /// Regions with other rules; `None` if the caller does not need them.
    spans: Option<SpeechRegions>,
    /// The samples of the incomplete window.
    window: Window,
    /// Windows that the network has not judged yet.
    waiting: Vec<Window>,
    judged: i64,
    /// Probabilities of speech that the caller has not fetched, one per window. `None` if the
    /// caller does not need them.
    probabilities: Option<VecDeque<f32>>,
    finished: bool,
}

impl VoiceActivity {
    pub fn new(options: Options) -> Self {
        VoiceActivity {
            leveller: None,
            network: Silero::new(),
            regions: SpeechRegions::new(options),
            spans: None,
            window: Window::EMPTY,
            waiting: Vec::new(),
            judged: 0,
            probabilities: None,
            finished: false,
        }
    }

    /// Adds a leveller, which amplifies quiet audio for the network by at most the factor
    /// `gain_max`.
    pub fn with_gain_up_to(self, gain_max: f32) -> Self {
        VoiceActivity { leveller: Some(Leveller::new(gain_max)), ..self }
    }

    /// Keeps the probabilities of speech until `pop_probability` returns them.
    pub fn with_probabilities(self) -> Self {
        VoiceActivity { probabilities: Some(VecDeque::new()), ..self }
    }

    /// Finds the spans of speech that these rules define, in addition to the regions.
    pub fn with_spans(self, rules: Options) -> Self {
        VoiceActivity { spans: Some(SpeechRegions::new(rules)), ..self }
    }

    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        if self.finished {
            return Err(Error::new(
                Status::BadArgument,
                "Cannot find speech: samples were pushed after the stream was finished",
            ));
        }
        for sample in samples {
            // NaN and infinity become 0, because NaN would stay in the state of the network
            // forever.
            let sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
            if let Some(slot) = self.window.samples.get_mut(self.window.filled) {
                *slot = sample;
            }
            self.window.filled += 1;
            if self.window.filled == WINDOW {
                self.take_window();
            }
        }
        self.judge();
        Ok(())
    }

    /// Ends the stream. The last window is filled with silence. Later calls have no effect.
    pub fn finish(&mut self) {
        if self.finished {
            return;
        }
        self.finished = true;
        if self.window.filled > 0 {
            self.take_window();
        }
        if self.leveller.is_some() {
            (0..DELAY).for_each(|_| self.take_window());
        }
        self.judge();
        self.regions.finish();
        if let Some(spans) = &mut self.spans {
            spans.finish();
        }
    }

    /// Returns the next finished region in order of time; `None` if there is none. Returns each
    /// region only once.
    pub fn pop(&mut self) -> Option<Region> {
        self.regions.pop()
    }

    /// Returns the next finished span in order of time; `None` if there is none. Returns each span
    /// only once.
    pub fn pop_span(&mut self) -> Option<Region> {
        self.spans.as_mut().and_then(SpeechRegions::pop)
    }

    /// Returns the position up to which the spans have been found; 0 without spans.
    pub fn spans_decided(&self) -> i64 {
        self.spans.as_ref().map_or(0, SpeechRegions::decided)
    }

    /// Returns the probability of speech of the next window in order of time; `None` if there is
    /// none. Returns each probability only once.
    pub fn pop_probability(&mut self) -> Option<f32> {
        self.probabilities.as_mut().and_then(VecDeque::pop_front)
    }

    /// Returns the position up to which the stream has been divided into speech and silence.
    /// Regions that are not finished yet start at this position or after it.
    pub fn decided(&self) -> i64 {
        self.regions.decided()
    }

    /// Returns whether `decided` is the start of a region that is not finished.
    pub fn is_open(&self) -> bool {
        self.regions.is_open()
    }

    /// Returns the number of samples that the network has processed. With a leveller, this number
    /// is smaller, because the network receives each window later.
    pub fn judged(&self) -> i64 {
        self.judged
    }

    fn take_window(&mut self) {
        let window = std::mem::replace(&mut self.window, Window::EMPTY);
        let raised = match &mut self.leveller {
            Some(leveller) => leveller.push(window),
            None => Some(window),
        };
        self.waiting.extend(raised);
        if self.waiting.len() == JUDGED_TOGETHER {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let probabilities = self.network.judge(self.waiting.iter().map(|window| &window.samples));
        for (window, probability) in self.waiting.drain(..).zip(probabilities) {
            let filled = window.filled as i64;
            self.regions.push(probability, filled);
            if let Some(spans) = &mut self.spans {
                spans.push(probability, filled);
            }
            if let Some(probabilities) = &mut self.probabilities {
                probabilities.push_back(probability);
            }
            self.judged += filled;
        }
    }
}
