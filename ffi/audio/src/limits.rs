//! Checks the limits on the cost of decoding a file.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::status::{Error, Result, Status};
use crate::track_choice::TrackRequest;

/// Minimum sample rate of a file in Hz, by default. `SAMPLE_RATE_MAX` is the default maximum. The
/// caller can only set a narrower range.
pub const SAMPLE_RATE_MIN: u32 = 1_000;
pub const SAMPLE_RATE_MAX: u32 = 768_000;
pub const CHANNELS_MAX: u32 = 32;
/// Default memory limit in bytes. Flac files with the largest blocks need a quarter of it.
pub const MEMORY_MAX: u64 = 32 << 20;
/// Maximum number of frames in a packet. The largest valid packet is a FLAC block of 65,535 frames.
pub const PACKET_FRAMES_MAX: u64 = 1 << 17;
/// Maximum number of bytes that are read for the headers, including skipped bytes.
const HEADER_BYTES_MAX: u64 = 64 << 20;
/// Maximum number of bytes that a container reader reads per call to find the next packet or new
/// headers.
const PACKET_READ_MAX: u64 = 32 << 20;
/// A decoder reads at most `TOTAL_BYTES_FACTOR` times the file size plus `TOTAL_BYTES_EXTRA` bytes.
/// Without this limit, a file could cause endless reads, because readers may seek back.
const TOTAL_BYTES_FACTOR: u64 = 8;
const TOTAL_BYTES_EXTRA: u64 = 64 << 20;

/// The validated options of the caller.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Sample rate of the output in Hz.
    pub sample_rate: u32,
    pub channels_max: u32,
    /// Minimum sample rate of a file in Hz. `rate_max` is the maximum.
    pub rate_min: u32,
    pub rate_max: u32,
    pub duration_max_s: Option<f64>,
    /// Maximum number of decoded samples of all channels together; `None` if there is no limit.
    pub samples_max: Option<u64>,
    pub wall_ms_max: Option<u32>,
    /// Maximum size in bytes of all buffers whose size depends on the file.
    pub memory_max: u64,
    pub cancel: Option<&'static AtomicI32>,
    pub track: TrackRequest,
    /// Number of the channel to decode, from 1; `None`: the mix of all channels.
    pub channel: Option<NonZeroU32>,
}

impl Options {
    /// Options for output at 16 kHz, with the limits of the library.
    pub const DEFAULT: Options = Options {
        sample_rate: 16_000,
        channels_max: CHANNELS_MAX,
        rate_min: SAMPLE_RATE_MIN,
        rate_max: SAMPLE_RATE_MAX,
        duration_max_s: None,
        samples_max: None,
        wall_ms_max: None,
        memory_max: MEMORY_MAX,
        cancel: None,
        track: TrackRequest::Rank(0),
        channel: None,
    };

    pub fn check_rate(&self, hz: u32) -> Result<()> {
        let (min, max) = (self.rate_min, self.rate_max);
        if (min..=max).contains(&hz) {
            return Ok(());
        }
        let reason = format!("its sample rate is {hz} Hz, {min} to {max} Hz are accepted");
        Err(Error::refused(Status::BadRate, reason))
    }

    pub fn check_channels(&self, channels: usize) -> Result<()> {
        let max = self.channels_max;
        if channels as u64 <= u64::from(max) {
            return Ok(());
        }
        let reason = format!("it has {channels} channels, at most {max} are accepted");
        Err(Error::refused(Status::TooManyChannels, reason))
    }

    /// Checks that the track has the channel to decode.
    pub fn check_channel(&self, channels: usize) -> Result<()> {
        match self.channel {
            Some(channel) if u64::from(channel.get()) > channels as u64 => {
                let has = match channels {
                    1 => "only one channel".to_owned(),
                    _ => format!("only {channels} channels"),
                };
                let message = format!("Cannot decode channel {channel} of the audio: it has {has}");
                Err(Error::new(Status::NoChannel, message))
            }
            _ => Ok(()),
        }
    }

    pub fn check_duration(&self, seconds: f64) -> Result<()> {
        match self.duration_max_s {
            Some(max) if seconds > max => {
                let reason = format!("it is longer than {max} seconds");
                Err(Error::refused(Status::TooLong, reason))
            }
            _ => Ok(()),
        }
    }

    pub fn check_samples(&self, samples: u64) -> Result<()> {
        match self.samples_max {
            Some(max) if samples > max => {
                let reason = format!("it has more than {max} samples in all channels together");
                Err(Error::refused(Status::TooManySamples, reason))
            }
            _ => Ok(()),
        }
    }

    /// Checks the total size of buffers before they are allocated.
    pub fn check_memory(&self, bytes: u64) -> Result<()> {
        check_memory(bytes, self.memory_max)
    }
}

fn check_memory(bytes: u64, max: u64) -> Result<()> {
    if bytes <= max {
        return Ok(());
    }
    let reason = format!("it needs {bytes} bytes of memory, at most {max} are accepted");
    Err(Error::refused(Status::TooMuchMemory, reason))
}

/// Checks the limits on bytes and time for the decoder and its source. Container readers may retry
/// or ignore read errors. Therefore this type stores the first failure and returns it from all
/// later checks.
#[derive(Debug)]
pub struct Guard {
    cancel: Option<&'static AtomicI32>,
    clock: Option<Clock>,
    memory_max: u64,
    total_max: u64,
    total: AtomicU64,
    /// Maximum number of bytes of the current stage: of the headers or of one packet. `stage_end`
    /// is the total number of bytes at which the stage reaches this maximum.
    stage_max: AtomicU64,
    stage_end: AtomicU64,
    failure: Mutex<Option<Error>>,
}

impl Guard {
    pub fn new(options: &Options, file_bytes: u64) -> Self {
        Guard {
            cancel: options.cancel,
            clock: options.wall_ms_max.map(Clock::new),
            memory_max: options.memory_max,
            total_max: file_bytes.saturating_mul(TOTAL_BYTES_FACTOR) + TOTAL_BYTES_EXTRA,
            total: AtomicU64::new(0),
            stage_max: AtomicU64::new(HEADER_BYTES_MAX),
            stage_end: AtomicU64::new(HEADER_BYTES_MAX),
            failure: Mutex::new(None),
        }
    }

    /// Starts the clock at the start of a call.
    pub fn enter(&self) {
        self.clock.iter().for_each(Clock::start);
    }

    /// Stops the clock at the end of a call.
    pub fn leave(&self) {
        self.clock.iter().for_each(Clock::stop);
    }

    /// Starts a new stage with the byte limit of one packet. Before the first call, the byte limit
    /// of the headers applies.
    pub fn start_packet(&self) {
        let end = self.total.load(Ordering::Relaxed) + PACKET_READ_MAX;
        self.stage_max.store(PACKET_READ_MAX, Ordering::Relaxed);
        self.stage_end.store(end, Ordering::Relaxed);
    }

    pub fn count(&self, bytes: usize) -> Result<()> {
        let total = self.total.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        if total > self.total_max {
            let max = self.total_max;
            return self.fail(Error::limit(format!("reading it takes more than {max} bytes")));
        }
        if total > self.stage_end.load(Ordering::Relaxed) {
            let max = self.stage_max.load(Ordering::Relaxed);
            let stage = if max == HEADER_BYTES_MAX { "its headers" } else { "its next packet" };
            let reason = format!("finding {stage} takes more than {max} bytes");
            return self.fail(Error::limit(reason));
        }
        self.check()
    }

    /// Checks the size of a part of the file before memory for it is allocated.
    pub fn check_memory(&self, bytes: u64) -> Result<()> {
        check_memory(bytes, self.memory_max)
    }

    /// Fails if the caller has cancelled, if the time limit was exceeded, or if an earlier check
    /// failed.
    pub fn check(&self) -> Result<()> {
        if let Some(error) = self.failure() {
            return Err(error);
        }
        if self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed) != 0) {
            let message = "Cannot decode the audio file: the caller cancelled";
            return self.fail(Error::new(Status::Cancelled, message));
        }
        match &self.clock {
            Some(clock) if clock.is_over() => {
                let ms = clock.max_ms;
                let reason = format!("it takes longer than {ms} ms");
                self.fail(Error::refused(Status::TooSlow, reason))
            }
            _ => Ok(()),
        }
    }

    fn failure(&self) -> Option<Error> {
        self.failure.lock().map(|failure| failure.clone()).unwrap_or_default()
    }

    fn fail(&self, error: Error) -> Result<()> {
        if let Ok(mut failure) = self.failure.lock() {
            failure.get_or_insert_with(|| error.clone());
        }
        Err(error)
    }
}

/// Measures the time inside calls. The time that the caller spends between calls does not count.
#[derive(Debug)]
struct Clock {
    max_ms: u32,
    state: Mutex<(Duration, Option<Instant>)>,
}

impl Clock {
    fn new(max_ms: u32) -> Self {
        Clock { max_ms, state: Mutex::new((Duration::ZERO, Some(Instant::now()))) }
    }

    fn start(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.1 = Some(Instant::now());
        }
    }

    fn stop(&self) {
        let spent = self.spent();
        if let Ok(mut state) = self.state.lock() {
            *state = (spent, None);
        }
    }

    fn spent(&self) -> Duration {
        let state = self.state.lock().map(|state| *state).unwrap_or_default();
        state.0 + state.1.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn is_over(&self) -> bool {
        self.spent() >= Duration::from_millis(self.max_ms.into())
    }
}
