//! The audio track of a container and the codec that decodes it.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as MediaError;
use symphonia::core::formats::Track as MediaTrack;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use crate::container::Container;
use crate::decode::Info;
use crate::limits::{Options, PACKET_FRAMES_MAX, SAMPLE_RATE_MAX, SAMPLE_RATE_MIN};
use crate::opus::{self, Opus};
use crate::status::{Error, Result};
use crate::trim::Trim;
use crate::{he_aac, mp3_gapless, probe};

pub struct Track {
    id: u32,
    codec: Codec,
    codec_name: &'static str,
    /// Of the last packet; before it, of the headers.
    sample_rate: u32,
    channels: Channels,
    time_base: Option<TimeBase>,
    duration_s: Option<f64>,
    channels_max: u32,
    trim: Trim,
    /// The last packet that could not be decoded, while none could.
    damage: Option<String>,
}

enum Codec {
    Opus(Box<Opus>),
    Other(Box<dyn AudioDecoder>),
}

impl Track {
    pub fn open(container: &Container, options: &Options) -> Result<Track> {
        let track = container.audio_track()?;
        let family = container.family();
        let params = track
            .codec_params
            .as_ref()
            .and_then(|params| params.audio())
            .ok_or_else(|| Error::unsupported(format_args!("an unknown codec in {family}")))?;
        check_params(params, options)?;
        let core = he_aac_core(params);
        let codec = Codec::open(core.as_ref().unwrap_or(params), family)?;
        let codec_name = codec.name();
        let sample_rate = match &codec {
            Codec::Opus(_) => opus::SAMPLE_RATE,
            Codec::Other(decoder) => {
                decoder.codec_params().sample_rate.or(params.sample_rate).unwrap_or_default()
            }
        };
        let channels = codec.channels(params);
        let mut trim = trim(container, track, params, sample_rate);
        if core.is_some() {
            trim = trim.after_delay(he_aac::CORE_DELAY);
        }
        Ok(Track {
            id: track.id,
            codec,
            codec_name,
            sample_rate,
            channels,
            time_base: track.time_base,
            duration_s: duration_s(track, sample_rate).or_else(|| container.duration_s()),
            channels_max: options.channels_max,
            trim,
            damage: None,
        })
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    pub fn info(&self, container: &'static str) -> Info {
        Info {
            container,
            codec: self.codec_name,
            sample_rate: self.sample_rate,
            channels: u32::try_from(self.channels.count()).unwrap_or(u32::MAX),
            duration_s: self.duration_s.filter(|seconds| *seconds > 0.0),
        }
    }

    /// Decodes a packet into one plane per channel. A damaged one becomes silence of its length, so
    /// that what follows keeps its time.
    pub fn decode(&mut self, packet: &Packet, planes: &mut Vec<Vec<f32>>) -> Result<()> {
        let damage = match &mut self.codec {
            Codec::Opus(opus) => {
                opus.decode(&packet.data, planes).err().map(|error| error.to_string())
            }
            Codec::Other(decoder) => match decoder.decode(packet) {
                Ok(buffer) => {
                    let spec = buffer.spec();
                    self.sample_rate = spec.rate();
                    if self.channels != *spec.channels() {
                        self.channels = spec.channels().clone();
                    }
                    buffer.copy_to_vecs_planar::<f32>(planes);
                    None
                }
                Err(MediaError::Unsupported(reason)) => {
                    return Err(Error::unsupported(format_args!("this file ({reason})")));
                }
                Err(error) => Some(error.to_string()),
            },
        };
        check_format(self.sample_rate, self.channels.count(), self.channels_max)?;
        match damage {
            Some(damage) => {
                let frames = self.packet_frames(packet);
                planes.resize(self.channels.count().max(1), Vec::new());
                for plane in planes {
                    plane.clear();
                    plane.resize(frames, 0.0);
                }
                self.damage.get_or_insert(damage);
            }
            None => self.damage = None,
        }
        Ok(())
    }

    /// Cuts away what is not heard of the frames just decoded.
    pub fn trim(&mut self, packet: &Packet, mono: &mut Vec<f32>) {
        self.trim.apply(mono);
        // The other codecs that have their padding in the packets cut it themselves.
        if let Codec::Opus(_) = self.codec {
            let padding = usize::try_from(packet.trim_end.get()).unwrap_or(usize::MAX);
            mono.truncate(mono.len().saturating_sub(padding));
        }
    }

    pub fn is_over(&self) -> bool {
        self.trim.is_over()
    }

    /// Why a track without a single sample is refused.
    pub fn silence_error(&self) -> Error {
        match &self.damage {
            Some(damage) => Error::invalid(format_args!("it is damaged ({damage})")),
            None => Error::invalid("it contains no audio"),
        }
    }

    fn packet_frames(&self, packet: &Packet) -> usize {
        let frames = match (&self.codec, self.time_base) {
            (Codec::Opus(_), _) => opus::packet_frames(&packet.data).unwrap_or_default() as f64,
            (_, Some(time_base)) => {
                let seconds = time_base.calc_duration_saturating(packet.block_dur()).as_secs_f64();
                seconds * f64::from(self.sample_rate)
            }
            _ => 0.0,
        };
        frames.round().clamp(0.0, PACKET_FRAMES_MAX as f64) as usize
    }
}

impl std::fmt::Debug for Track {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Track").field("codec", &self.codec_name).finish_non_exhaustive()
    }
}

impl Codec {
    fn open(params: &AudioCodecParameters, family: &str) -> Result<Codec> {
        if params.codec == codec::CODEC_ID_OPUS {
            return Ok(Codec::Opus(Box::new(Opus::new(params)?)));
        }
        // mp3 is trimmed here: its own trim believes an estimated length.
        let gapless = params.codec != codec::CODEC_ID_MP3;
        let options = AudioDecoderOptions::default().gapless(gapless);
        let decoder = symphonia::default::get_codecs().make_audio_decoder(params, &options);
        decoder.map(Codec::Other).map_err(|error| match error {
            MediaError::DecodeError(reason) => {
                Error::invalid(format_args!("it is damaged ({reason})"))
            }
            _ => undecodable(params, family),
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Codec::Opus(_) => "opus",
            Codec::Other(decoder) => decoder.codec_info().short_name,
        }
    }

    fn channels(&self, params: &AudioCodecParameters) -> Channels {
        match self {
            Codec::Opus(opus) => opus.channels().clone(),
            Codec::Other(decoder) => {
                let known = decoder.codec_params().channels.clone();
                known.or_else(|| params.channels.clone()).unwrap_or_default()
            }
        }
    }
}

/// Refuses what a header claims before a decoder allocates for it.
fn check_params(params: &AudioCodecParameters, options: &Options) -> Result<()> {
    let channels = params.channels.as_ref().map_or(1, Channels::count);
    check_format(params.sample_rate.unwrap_or(SAMPLE_RATE_MIN), channels, options.channels_max)?;
    match params.max_frames_per_packet {
        Some(frames) if frames > PACKET_FRAMES_MAX => Err(Error::limit(format_args!(
            "its packets claim {frames} frames, at most {PACKET_FRAMES_MAX} are accepted"
        ))),
        _ => Ok(()),
    }
}

fn check_format(sample_rate: u32, channels: usize, channels_max: u32) -> Result<()> {
    if !(SAMPLE_RATE_MIN..=SAMPLE_RATE_MAX).contains(&sample_rate) {
        return Err(Error::limit(format_args!(
            "its sample rate is {sample_rate} Hz, {SAMPLE_RATE_MIN} to {SAMPLE_RATE_MAX} Hz are \
             accepted"
        )));
    }
    if channels as u64 > u64::from(channels_max) {
        return Err(Error::limit(format_args!(
            "it has {channels} channels, at most {channels_max} are accepted"
        )));
    }
    Ok(())
}

fn he_aac_core(params: &AudioCodecParameters) -> Option<AudioCodecParameters> {
    let config = params.extra_data.as_ref().filter(|_| params.codec == codec::CODEC_ID_AAC)?;
    let mut core = params.clone();
    core.with_extra_data(he_aac::core_config(config)?);
    Some(core)
}

fn undecodable(params: &AudioCodecParameters, family: &str) -> Error {
    let name = probe::codec_name(params.codec);
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    match (params.codec, channels) {
        (codec::CODEC_ID_AAC, 3..) => Error::unsupported(format_args!(
            "AAC with {channels} channels in {family} (1 and 2 are decoded)"
        )),
        (codec::CODEC_ID_AAC, _) => {
            Error::unsupported(format_args!("AAC in {family} that is not of the LC profile"))
        }
        _ => Error::unsupported(format_args!("{name} in {family}")),
    }
}

fn trim(
    container: &Container,
    track: &MediaTrack,
    params: &AudioCodecParameters,
    sample_rate: u32,
) -> Trim {
    if let Some((movie, found)) = container.movie_of(track) {
        let frames = duration_s(track, sample_rate).unwrap_or_default() * f64::from(sample_rate);
        return movie.trim(found, sample_rate, frames.round() as u64);
    }
    match params.codec {
        codec::CODEC_ID_OPUS => opus::trim(params),
        codec::CODEC_ID_MP1 | codec::CODEC_ID_MP2 | codec::CODEC_ID_MP3 => mp3_gapless::trim(track),
        _ => match (track.delay, track.num_frames) {
            // Core Audio's packet table.
            (Some(delay), Some(frames)) if container.name() == "caf" => {
                let delay = u64::from(delay);
                Trim::range(delay, delay + frames)
            }
            _ => Trim::none(),
        },
    }
}

fn duration_s(track: &MediaTrack, sample_rate: u32) -> Option<f64> {
    let by_time = track
        .time_base
        .zip(track.duration)
        .and_then(|(time_base, duration)| Some(time_base.calc_duration(duration)?.as_secs_f64()));
    let by_frames = || Some(track.num_frames? as f64 / f64::from(sample_rate.max(1)));
    by_time.or_else(by_frames)
}
