//! Speech regions of a stream of samples at 16 kHz, found while it arrives.

use crate::level::{DELAY, Leveller, Window};
use crate::silero::{Silero, WINDOW};
use crate::speech_regions::{Options, Region, SpeechRegions};
use crate::status::{Error, Result, Status};

#[derive(Debug)]
pub struct VoiceActivity {
    /// None: the network hears the samples as they are.
    leveller: Option<Leveller>,
    network: Silero,
    regions: SpeechRegions,
    /// The next window, as far as it has arrived.
    window: Window,
    judged: i64,
    finished: bool,
}

impl VoiceActivity {
    pub fn new(options: Options) -> Self {
        VoiceActivity {
            leveller: None,
            network: Silero::new(),
            regions: SpeechRegions::new(options),
            window: Window::EMPTY,
            judged: 0,
            finished: false,
        }
    }

    /// Raises quiet audio for the network, by a factor of at most `gain_max`.
    pub fn with_gain_up_to(self, gain_max: f32) -> Self {
        VoiceActivity { leveller: Some(Leveller::new(gain_max)), ..self }
    }

    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        if self.finished {
            return Err(Error::new(
                Status::BadArgument,
                "Cannot find speech: samples were pushed after the stream was finished",
            ));
        }
        for sample in samples {
            // One sample that is no number would stay in the network's memory for ever.
            let sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
            if let Some(place) = self.window.samples.get_mut(self.window.filled) {
                *place = sample;
            }
            self.window.filled += 1;
            if self.window.filled == WINDOW {
                self.take_window();
            }
        }
        Ok(())
    }

    /// The stream is over; silence fills its last window. Once is enough.
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
        self.regions.finish();
    }

    /// The next finished region, each one once, in order.
    pub fn pop(&mut self) -> Option<Region> {
        self.regions.pop()
    }

    /// No region to come starts before this sample.
    pub fn decided(&self) -> i64 {
        self.regions.decided()
    }

    /// Whether a region to come starts there for sure.
    pub fn is_open(&self) -> bool {
        self.regions.is_open()
    }

    /// How many samples the network has judged. A leveller lets them wait.
    pub fn judged(&self) -> i64 {
        self.judged
    }

    fn take_window(&mut self) {
        let window = std::mem::replace(&mut self.window, Window::EMPTY);
        let raised = match &mut self.leveller {
            Some(leveller) => leveller.push(window),
            None => Some(window),
        };
        if let Some(window) = raised {
            self.judge(&window);
        }
    }

    fn judge(&mut self, window: &Window) {
        let probability = self.network.judge(&window.samples);
        let filled = window.filled as i64;
        self.regions.push(probability, filled);
        self.judged += filled;
    }
}
