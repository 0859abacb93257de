//! Speech regions of a stream of samples at 16 kHz, found while it arrives.

use crate::silero::{Silero, WINDOW};
use crate::speech_regions::{Options, Region, SpeechRegions};
use crate::status::{Error, Result, Status};

#[derive(Debug)]
pub struct VoiceActivity {
    network: Silero,
    regions: SpeechRegions,
    /// The next window, as far as it has arrived.
    window: [f32; WINDOW],
    filled: usize,
    finished: bool,
}

impl VoiceActivity {
    pub fn new(options: Options) -> Self {
        VoiceActivity {
            network: Silero::new(),
            regions: SpeechRegions::new(options),
            window: [0.0; WINDOW],
            filled: 0,
            finished: false,
        }
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
            if let Some(place) = self.window.get_mut(self.filled) {
                *place = sample;
            }
            self.filled += 1;
            if self.filled == WINDOW {
                self.judge();
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
        if self.filled > 0 {
            self.window.iter_mut().skip(self.filled).for_each(|place| *place = 0.0);
            self.judge();
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

    fn judge(&mut self) {
        let probability = self.network.judge(&self.window);
        self.regions.push(probability, self.filled as i64);
        self.filled = 0;
    }
}
