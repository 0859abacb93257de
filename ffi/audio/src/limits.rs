//! The limits of one decoder: what a file may cost before it is refused.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::status::{Error, Result, Status};

/// Lowest and highest sample rate a file may claim, in Hz.
pub const SAMPLE_RATE_MIN: u32 = 1_000;
pub const SAMPLE_RATE_MAX: u32 = 768_000;
/// Channels accepted when the caller sets no limit of its own.
pub const CHANNELS_MAX: u32 = 32;
/// Frames one packet may decode to; the largest legitimate one is a FLAC block of 65,535.
pub const PACKET_FRAMES_MAX: u64 = 1 << 17;
/// Bytes read while headers are parsed. They stay in memory, so this also bounds memory.
const HEADER_BYTES_MAX: u64 = 64 << 20;
/// Bytes read for one packet, those skipped between packets included.
const PACKET_BYTES_MAX: u64 = 32 << 20;
/// Bytes read in all: formats may seek back, but not for ever.
const TOTAL_BYTES_FACTOR: u64 = 8;
const TOTAL_BYTES_EXTRA: u64 = 64 << 20;

/// The caller's options, checked.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub sample_rate: u32,
    pub channels_max: u32,
    pub duration_max_s: Option<f64>,
    pub wall_ms_max: Option<u32>,
    pub cancel: Option<&'static AtomicI32>,
}

/// Watches the limits that hold while bytes are read. Shared by the decoder and its source, since
/// container parsers retry or swallow read errors: the first failure is kept and wins.
#[derive(Debug)]
pub struct Guard {
    cancel: Option<&'static AtomicI32>,
    clock: Option<Clock>,
    total_max: u64,
    total: AtomicU64,
    stage_end: AtomicU64,
    failure: Mutex<Option<Error>>,
}

impl Guard {
    pub fn new(options: &Options, file_bytes: u64) -> Self {
        Guard {
            cancel: options.cancel,
            clock: options.wall_ms_max.map(Clock::new),
            total_max: file_bytes.saturating_mul(TOTAL_BYTES_FACTOR) + TOTAL_BYTES_EXTRA,
            total: AtomicU64::new(0),
            stage_end: AtomicU64::new(HEADER_BYTES_MAX),
            failure: Mutex::new(None),
        }
    }

    /// The caller called: time runs.
    pub fn enter(&self) {
        self.clock.iter().for_each(Clock::start);
    }

    /// The caller gets an answer: time stands still.
    pub fn leave(&self) {
        self.clock.iter().for_each(Clock::stop);
    }

    /// Starts the byte allowance of the next packet.
    pub fn start_packet(&self) {
        let end = self.total.load(Ordering::Relaxed) + PACKET_BYTES_MAX;
        self.stage_end.store(end, Ordering::Relaxed);
    }

    /// Starts the byte allowance of another set of headers, as in a chained Ogg file.
    pub fn start_headers(&self) {
        let end = self.total.load(Ordering::Relaxed) + HEADER_BYTES_MAX;
        self.stage_end.store(end, Ordering::Relaxed);
    }

    pub fn count(&self, bytes: usize) -> Result<()> {
        let total = self.total.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        if total > self.total_max {
            let max = self.total_max;
            return self.fail(Error::limit(format!("reading it takes more than {max} bytes")));
        }
        if total > self.stage_end.load(Ordering::Relaxed) {
            return self.fail(Error::limit(format!(
                "a header is larger than {HEADER_BYTES_MAX} bytes or a packet larger than \
                 {PACKET_BYTES_MAX}"
            )));
        }
        self.check()
    }

    /// Fails when the caller cancelled, time ran out, or an earlier check failed.
    pub fn check(&self) -> Result<()> {
        if let Some(error) = self.failure() {
            return Err(error);
        }
        if self.cancel.is_some_and(|word| word.load(Ordering::Relaxed) != 0) {
            let message = "Cannot decode the audio file: the caller cancelled";
            return self.fail(Error::new(Status::Cancelled, message));
        }
        match &self.clock {
            Some(clock) if clock.is_over() => {
                let ms = clock.max_ms;
                self.fail(Error::limit(format!("it takes longer than {ms} ms")))
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

/// The time spent inside calls; what the caller does between them is its own.
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
