//! Runs the decoding pipeline: file, container, codec, trim, mix, resample. It decodes only as
//! much as the caller reads, so memory does not grow with the length of the file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use symphonia::core::io::MediaSource;

use crate::container::Container;
use crate::container::stream::{Next, Packet};
use crate::limits::{Guard, Options};
use crate::mixer::Mixer;
use crate::resample::Resampler;
use crate::source::Source;
use crate::status::{Error, Result, Status};
use crate::track::Track;
use crate::track_choice::TrackPlace;

/// Number of frames in a packet of AAC.
const AAC_PACKET_FRAMES: u64 = 1_024;

/// The information that the headers of a file contain.
#[derive(Clone, Debug)]
pub struct Info {
    pub container: &'static str,
    pub codec: &'static str,
    pub sample_rate: u32,
    pub channels: u32,
    pub duration_s: Option<f64>,
    pub place: TrackPlace,
    /// Number of samples of the output before the first sample of the audio. It is above 0 if the
    /// audio starts later than the video, and it is known after the first read.
    pub late_samples: u64,
}

#[derive(Debug)]
pub struct Decoder {
    options: Options,
    guard: Arc<Guard>,
    container: Container,
    track: Track,
    planes: Vec<Vec<f32>>,
    mono: Vec<f32>,
    /// The mixer; `None` before the first audible frame.
    mixer: Option<Mixer>,
    resampler: Option<(u32, Resampler)>,
    /// Decoded samples that the caller has not read yet. They start at index `ready_from`.
    ready: Vec<f32>,
    ready_from: usize,
    /// Number of samples of silence that precede the audio, because it starts later than the video.
    /// The next field is the number of these samples that are not in `ready` yet.
    late: u64,
    silence: u64,
    produced: u64,
    /// Number of samples that were decoded so far, in all channels together.
    samples: u64,
    /// Whether a packet of any track was decoded.
    has_decoded: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Decoding,
    Ended,
    Failed(Error),
}

impl Decoder {
    /// Opens a file, detects its format and reads its headers.
    pub fn open(path: &Path, options: Options) -> Result<Decoder> {
        let file = File::open(path).map_err(|error| Error::io("open", &error))?;
        let metadata = file.metadata().map_err(|error| Error::io("open", &error))?;
        if !metadata.is_file() {
            return Err(Error::new(
                Status::Io,
                "Cannot open the audio file: it is not a regular file",
            ));
        }
        Decoder::open_source(file, metadata.len(), options)
    }

    /// Opens a source of `bytes` bytes, for example a file.
    pub fn open_source(
        media: impl MediaSource + 'static,
        bytes: u64,
        options: Options,
    ) -> Result<Decoder> {
        if bytes == 0 {
            return Err(Error::invalid("it is empty"));
        }
        let guard = Arc::new(Guard::new(&options, bytes));
        guard.check()?;
        let source = Source::new(Box::new(media), bytes, Arc::clone(&guard));
        let (container, stream) = Container::open(source, &guard, &options)?;
        let counted_s = stream.counted_s.unwrap_or_default();
        let track = Track::open(stream, container.family(), &options);
        let track = track.map_err(|error| container.with_foreign(error))?;
        options.check_duration(counted_s)?;
        options.check_channel(track.channels().count())?;
        guard.leave();
        Ok(Decoder {
            options,
            guard,
            container,
            track,
            planes: Vec::new(),
            mono: Vec::new(),
            mixer: None,
            resampler: None,
            ready: Vec::new(),
            ready_from: 0,
            late: 0,
            silence: 0,
            produced: 0,
            samples: 0,
            has_decoded: false,
            state: State::Decoding,
        })
    }

    pub fn info(&self) -> Info {
        Info {
            container: self.container.name(),
            codec: self.track.codec_name(),
            sample_rate: self.track.sample_rate(),
            channels: u32::try_from(self.track.channels().count()).unwrap_or(u32::MAX),
            duration_s: self.track.duration_s(),
            place: self.container.place(),
            late_samples: self.late_samples(),
        }
    }

    /// Fills `out` and returns the number of samples. At the end of the file, fills only a part of
    /// `out`. Returns 0 after the end. After a failure, every read fails.
    pub fn read(&mut self, out: &mut [f32]) -> Result<usize> {
        loop {
            if let Some(written) = self.read_within(Duration::MAX, out)? {
                return Ok(written);
            }
        }
    }

    /// Reads samples as `read` does. If `out` is not full after `time`, returns `None`, but decodes
    /// at least one packet before. The next call returns the samples that were decoded so far. The
    /// time limit is necessary because a file may contain hours without audible samples.
    pub fn read_within(&mut self, time: Duration, out: &mut [f32]) -> Result<Option<usize>> {
        self.guard.enter();
        let read = self.fill(time, out);
        self.guard.leave();
        read
    }

    fn fill(&mut self, time: Duration, out: &mut [f32]) -> Result<Option<usize>> {
        let start = Instant::now();
        let mut advanced = false;
        let mut written = 0;
        while written < out.len() {
            let ready = self.ready.get(self.ready_from..).unwrap_or_default();
            if ready.is_empty() {
                match &self.state {
                    State::Ended => break,
                    // After a failure, the caller does not get the samples that were decoded before
                    // the failure.
                    State::Failed(error) => return Err(error.clone()),
                    State::Decoding => {}
                }
                self.ready.clear();
                self.ready_from = 0;
                if advanced && start.elapsed() >= time {
                    self.ready.extend(out.iter().take(written));
                    return Ok(None);
                }
                if let Err(error) = self.advance() {
                    self.state = State::Failed(error);
                }
                advanced = true;
                continue;
            }
            let count = ready.len().min(out.len() - written);
            let target = out.iter_mut().skip(written);
            target.zip(ready).for_each(|(target, sample)| *target = *sample);
            self.ready_from += count;
            written += count;
        }
        Ok(Some(written))
    }

    /// Decodes one packet into `ready`, or detects the end of the file.
    fn advance(&mut self) -> Result<()> {
        self.guard.check()?;
        if self.silence > 0 {
            let count = self.silence.min(self.options.sample_rate.into());
            self.silence -= count;
            self.ready.resize(count as usize, 0.0);
            return self.account();
        }
        self.guard.start_packet();
        match self.container.next()? {
            Next::Packet(packet) => self.decode(packet),
            Next::Late(ns) => self.start_late(ns),
            Next::Stream(stream) => {
                match Track::open(*stream, self.container.family(), &self.options) {
                    Ok(track) => self.track = track,
                    // The next stream is damaged, so the audio ends here. The samples of the
                    // previous streams are returned.
                    Err(Error { status: Status::Invalid, .. }) if self.mixer.is_some() => {
                        return self.end();
                    }
                    Err(error) => return Err(error),
                }
                Ok(())
            }
            Next::Nothing => Ok(()),
            Next::End => self.end(),
        }
    }

    /// Returns the number of samples before the audio. The first packet of AAC contains only the
    /// encoder's delay, so it counts as silence.
    fn late_samples(&self) -> u64 {
        if self.late == 0 || self.track.codec_name() != "aac" {
            return self.late;
        }
        let rate = u64::from(self.track.sample_rate().max(1));
        self.late + AAC_PACKET_FRAMES * u64::from(self.options.sample_rate) / rate
    }

    /// Delays the audio by silence.
    fn start_late(&mut self, ns: u64) -> Result<()> {
        let rate = u64::from(self.options.sample_rate);
        self.late = ns.saturating_mul(rate) / 1_000_000_000;
        self.silence = self.late;
        self.options.check_duration(ns as f64 / 1e9)
    }

    fn decode(&mut self, packet: Packet) -> Result<()> {
        if self.track.is_over() {
            return if self.container.is_chained() { Ok(()) } else { self.end() };
        }
        let end = packet.end;
        self.track.decode(packet, &mut self.planes)?;
        self.has_decoded |= self.track.has_decoded();
        self.samples += self.planes.iter().map(|plane| plane.len() as u64).sum::<u64>();
        self.options.check_samples(self.samples)?;
        self.track.trim(end, &mut self.planes);
        if self.planes.first().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let sample_rate = self.track.sample_rate();
        let mut mixer = match self.mixer.take() {
            Some(mixer) if mixer.is_for(self.track.channels(), sample_rate) => mixer,
            previous => {
                self.finish_mix(previous)?;
                Mixer::new(self.track.channels(), sample_rate, self.options.channel)
            }
        };
        mixer.push(&self.planes, &mut self.mono);
        let memory = mixer.memory();
        self.mixer = Some(mixer);
        self.resample(sample_rate, memory)
    }

    /// Resamples the rest of a mix whose format ends.
    fn finish_mix(&mut self, mixer: Option<Mixer>) -> Result<()> {
        let Some(mut mixer) = mixer else {
            return Ok(());
        };
        mixer.finish(&mut self.mono);
        self.resample(mixer.sample_rate(), mixer.memory())
    }

    /// Moves the samples in `mono` to `ready`, converted from `sample_rate` to the rate of the
    /// output. `memory` is the size in bytes of the mixer.
    fn resample(&mut self, sample_rate: u32, memory: u64) -> Result<()> {
        let mut resampler = match self.resampler.take() {
            Some((rate, resampler)) if rate == sample_rate => resampler,
            previous => {
                if let Some((_, mut previous)) = previous {
                    previous.flush(&mut self.ready);
                }
                let table = Resampler::table_bytes(sample_rate, self.options.sample_rate);
                self.options.check_memory(self.track.memory() + memory + table)?;
                Resampler::new(sample_rate, self.options.sample_rate)
            }
        };
        resampler.process(&self.mono, &mut self.ready);
        self.mono.clear();
        self.resampler = Some((sample_rate, resampler));
        self.account()
    }

    fn end(&mut self) -> Result<()> {
        self.state = State::Ended;
        let mixer = self.mixer.take();
        self.finish_mix(mixer)?;
        if let Some((_, mut resampler)) = self.resampler.take() {
            resampler.flush(&mut self.ready);
        }
        self.account()?;
        if self.produced == self.late || !self.has_decoded {
            return Err(self.track.silence_error());
        }
        Ok(())
    }

    /// Clips the samples in `ready`, and checks the maximum duration.
    fn account(&mut self) -> Result<()> {
        for sample in &mut self.ready {
            *sample = sample.clamp(-1.0, 1.0);
        }
        self.produced += self.ready.len() as u64;
        let seconds = self.produced as f64 / f64::from(self.options.sample_rate);
        self.options.check_duration(seconds).inspect_err(|_| self.ready.clear())
    }
}
