//! Decodes the audio track of a container.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as MediaError;
use symphonia::core::packet::Packet as MediaPacket;
use symphonia::core::units::{Duration, Timestamp};

use crate::container::stream::{Packet, PacketEnd, Stream};
use crate::gsm::{CODEC_ID_GSM_MS, Gsm};
use crate::ima_adpcm::ImaAdpcm;
use crate::limits::{Options, PACKET_FRAMES_MAX};
use crate::mpeg_audio::MpegAudio;
use crate::opus::{self, Opus};
use crate::status::{Error, Result};
use crate::trim::Trim;
use crate::vorbis_surround::VorbisSurround;
use crate::{aac, library, vorbis_setup};

/// Number of bytes per decoded sample. A sample is stored three times: in the decoder's buffer, in
/// this library's buffer and in the output.
const SAMPLE_BYTES: u64 = 3 * size_of::<f32>() as u64;

pub struct Track {
    codec: Codec,
    codec_name: &'static str,
    /// Sample rate of the last packet in Hz. Before the first packet, it is the rate in the
    /// headers.
    sample_rate: u32,
    channels: Channels,
    /// The speaker layout that the file declares; `None` if the file declares none. The decoder
    /// only knows the usual layout.
    named: Option<Channels>,
    duration_s: Option<f64>,
    options: Options,
    trim: Trim,
    /// Size of the codec's tables in bytes.
    tables: u64,
    /// Size in bytes of the last packet and of its decoded samples.
    packet: u64,
    /// Position that the container declares, minus the number of decoded frames; `None` until a
    /// packet has a position. It is negative if the times of the file start before 0.
    ahead: Option<i64>,
    /// Number of frames in the last packet that was decoded.
    packet_frames: usize,
    /// Number of decoded packets. `unsupported` is the number of packets that the codec reported as
    /// unsupported.
    decoded: u64,
    unsupported: u64,
    /// Error of the first damaged packet since the last decoded packet; `None` if there is none.
    damage: Option<String>,
}

enum Codec {
    Opus(Box<Opus>),
    VorbisSurround(Box<VorbisSurround>),
    AacSurround(Box<aac::Surround>),
    MpegAudio(MpegAudio),
    ImaAdpcm(ImaAdpcm),
    Gsm(Box<Gsm>),
    Other(Box<dyn AudioDecoder>),
}

impl Track {
    /// Opens a track. Error messages contain `family`, the name of the file format.
    pub fn open(stream: Stream, family: &str, options: &Options) -> Result<Track> {
        let Stream { params, trim, duration_s, .. } = stream;
        let tables = check_params(&params, options)?;
        let codec = library::call(|| Codec::open(&params, family))??;
        let (sample_rate, channels) = match &codec {
            Codec::Opus(opus) => (Some(opus::SAMPLE_RATE), Some(opus.channels().clone())),
            Codec::VorbisSurround(vorbis) => (None, Some(vorbis.channels().clone())),
            Codec::AacSurround(aac) => (None, Some(aac.channels().clone())),
            Codec::MpegAudio(_) | Codec::ImaAdpcm(_) | Codec::Gsm(_) => (None, None),
            Codec::Other(decoder) => {
                let params = decoder.codec_params();
                (params.sample_rate, params.channels.clone())
            }
        };
        let named = params.channels.clone().filter(|named| matches!(named, Channels::Custom(_)));
        Ok(Track {
            codec_name: codec.name(&params),
            codec,
            sample_rate: sample_rate.or(params.sample_rate).unwrap_or_default(),
            channels: named.clone().or(channels).or(params.channels).unwrap_or_default(),
            named,
            duration_s,
            options: *options,
            trim,
            tables,
            packet: 0,
            ahead: None,
            packet_frames: 0,
            decoded: 0,
            unsupported: 0,
            damage: None,
        })
    }

    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    pub fn codec_name(&self) -> &'static str {
        self.codec_name
    }

    /// Returns the duration in seconds that the headers declare; `None` if they declare none.
    pub fn duration_s(&self) -> Option<f64> {
        self.duration_s.filter(|seconds| *seconds > 0.0)
    }

    /// Decodes a packet into one plane per channel. A damaged packet becomes silence of the same
    /// length, so that later times are correct. For some damaged packets, the codec reports an
    /// unsupported feature. Therefore the file is rejected as unsupported only if there are more
    /// such packets than decoded packets.
    pub fn decode(&mut self, packet: Packet, planes: &mut Vec<Vec<f32>>) -> Result<()> {
        let known = match &self.codec {
            Codec::Opus(_) => opus::packet_frames(&packet.data).map(|frames| frames as u64),
            _ => packet.frames,
        };
        let packet_bytes = packet.data.len() as u64;
        let decoded = match packet_bytes {
            // A container reader replaces a missing packet by an empty one. Some decoders accept
            // it, but return the length of one packet for any number of missing packets.
            0 => Err(MediaError::DecodeError("the packet is missing")),
            _ => library::call(|| self.codec.decode(packet, planes))?,
        };
        match decoded {
            Ok(format) => {
                if let Some((sample_rate, channels)) = format {
                    self.sample_rate = sample_rate;
                    let named = self.named.as_ref();
                    let named = named.filter(|named| named.count() == channels.count());
                    self.channels = named.cloned().unwrap_or(channels);
                }
                self.packet_frames = planes.first().map_or(0, Vec::len);
                self.decoded += 1;
                self.damage = None;
            }
            Err(error) => {
                if let MediaError::Unsupported(reason) = error {
                    self.unsupported += 1;
                    if self.unsupported > self.decoded {
                        return Err(Error::unsupported(format_args!("this file ({reason})")));
                    }
                }
                let frames = known.unwrap_or(self.packet_frames as u64).min(PACKET_FRAMES_MAX);
                planes.resize(self.channels.count().max(1), Vec::new());
                for plane in planes.iter_mut() {
                    plane.clear();
                    plane.resize(frames as usize, 0.0);
                }
                self.damage.get_or_insert(error.to_string());
            }
        }
        self.options.check_rate(self.sample_rate)?;
        self.options.check_channels(self.channels.count())?;
        let samples = planes.iter().map(|plane| plane.len() as u64).sum::<u64>();
        self.packet = packet_bytes + samples * SAMPLE_BYTES;
        self.options.check_memory(self.memory())
    }

    /// Returns the size in bytes of the track's buffers whose size depends on the file.
    pub fn memory(&self) -> u64 {
        self.tables + self.packet
    }

    /// Removes inaudible frames from `planes`, which contain the samples of the last decoded packet.
    /// `end` is the end of this packet.
    pub fn trim(&mut self, end: PacketEnd, planes: &mut [Vec<f32>]) {
        if let PacketEnd::StreamEndsAt(end) = end {
            let ahead = self.ahead.unwrap_or_default();
            let end = end.saturating_add_signed(ahead.saturating_neg());
            // An end before the current position is invalid, so it is ignored.
            if end >= self.trim.position() {
                self.trim.end_at(end);
            }
        }
        self.trim.apply(planes);
        match end {
            PacketEnd::Padding(frames) => {
                let padding = usize::try_from(frames).unwrap_or(usize::MAX);
                for plane in planes {
                    plane.truncate(plane.len().saturating_sub(padding));
                }
            }
            PacketEnd::At(end) => {
                // The position that the container declares may differ from the number of decoded
                // frames, because the times of a stream may start after 0, and packets may be
                // missing.
                let ahead = end.cast_signed().saturating_sub_unsigned(self.trim.position());
                self.ahead = Some(self.ahead.map_or(ahead, |before| before.max(ahead)));
            }
            PacketEnd::Audible | PacketEnd::StreamEndsAt(_) => {}
        }
    }

    pub fn is_over(&self) -> bool {
        self.trim.is_over()
    }

    /// Returns whether a packet was decoded. All other samples are silence in place of damaged packets.
    pub fn has_decoded(&self) -> bool {
        self.decoded > 0
    }

    /// Returns the error for a track that has no samples.
    pub fn silence_error(&self) -> Error {
        match &self.damage {
            Some(damage) => Error::invalid(format_args!("it is damaged ({damage})")),
            None => Error::invalid("it contains no audio"),
        }
    }
}

impl std::fmt::Debug for Track {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Track").field("codec", &self.codec_name).finish_non_exhaustive()
    }
}

impl Codec {
    fn open(params: &AudioCodecParameters, family: &str) -> Result<Codec> {
        match params.codec {
            codec::CODEC_ID_OPUS => return Ok(Codec::Opus(Box::new(Opus::new(params)?))),
            codec::CODEC_ID_MP1 | codec::CODEC_ID_MP2 | codec::CODEC_ID_MP3 => {
                return Ok(Codec::MpegAudio(MpegAudio::new(params)));
            }
            codec::CODEC_ID_ADPCM_IMA_QT => {
                let channels = params.channels.as_ref().map_or(1, Channels::count);
                return Ok(Codec::ImaAdpcm(ImaAdpcm::new(channels)));
            }
            CODEC_ID_GSM_MS => return Ok(Codec::Gsm(Box::new(Gsm::new()))),
            codec::CODEC_ID_VORBIS => {
                let config = params.extra_data.as_deref().unwrap_or_default();
                if params.channels.as_ref().is_some_and(|channels| channels.count() > 2) {
                    return Ok(Codec::VorbisSurround(Box::new(VorbisSurround::new(config)?)));
                }
            }
            codec::CODEC_ID_AAC => {
                if let Some(surround) = aac::surround(params, family)? {
                    return Ok(Codec::AacSurround(Box::new(surround)));
                }
            }
            _ => {}
        }
        let options = AudioDecoderOptions::default();
        let decoder = symphonia::default::get_codecs().make_audio_decoder(params, &options);
        decoder.map(Codec::Other).map_err(|error| match error {
            MediaError::DecodeError(reason) => {
                Error::invalid(format_args!("it is damaged ({reason})"))
            }
            MediaError::IoError(_) => Error::invalid("its codec's configuration is damaged"),
            error => Error::unsupported(format_args!("a track in {family} ({error})")),
        })
    }

    fn name(&self, params: &AudioCodecParameters) -> &'static str {
        match self {
            Codec::Opus(_) => "opus",
            Codec::VorbisSurround(_) => "vorbis",
            Codec::AacSurround(_) => "aac",
            Codec::MpegAudio(_) => match params.codec {
                codec::CODEC_ID_MP1 => "mp1",
                codec::CODEC_ID_MP2 => "mp2",
                _ => "mp3",
            },
            Codec::ImaAdpcm(_) => "adpcm_ima_qt",
            Codec::Gsm(_) => "gsm_ms",
            Codec::Other(decoder) => decoder.codec_info().short_name,
        }
    }

    /// Decodes one packet into one plane per channel. If the sample rate or the channels may have
    /// changed, returns their new values.
    fn decode(
        &mut self,
        packet: Packet,
        planes: &mut Vec<Vec<f32>>,
    ) -> std::result::Result<Option<(u32, Channels)>, MediaError> {
        let decoder = match self {
            Codec::Opus(opus) => {
                let decoded = opus.decode(&packet.data, planes);
                return decoded
                    .map(|()| None)
                    .map_err(|_| MediaError::DecodeError("opus: the packet is damaged"));
            }
            Codec::VorbisSurround(vorbis) => {
                let decoded = vorbis.decode(&packet.data, planes);
                return decoded
                    .map(|()| None)
                    .map_err(|_| MediaError::DecodeError("vorbis: the packet is damaged"));
            }
            Codec::AacSurround(surround) => {
                return surround.decode(&packet.data, planes).map(|()| None).map_err(|failure| {
                    match failure {
                        aac::Failure::Coupling => MediaError::Unsupported(aac::COUPLING),
                        aac::Failure::Damaged => {
                            MediaError::DecodeError("aac: the packet is damaged")
                        }
                    }
                });
            }
            Codec::ImaAdpcm(adpcm) => {
                adpcm.decode(&packet.data, planes);
                return Ok(None);
            }
            Codec::Gsm(gsm) => {
                gsm.decode(&packet.data, planes);
                return Ok(None);
            }
            Codec::MpegAudio(mpeg) => mpeg.decoder_of(&packet.data)?,
            Codec::Other(decoder) => decoder.as_mut(),
        };
        let duration = Duration::new(packet.frames.unwrap_or_default());
        let packet = MediaPacket::new(0, Timestamp::ZERO, duration, packet.data);
        let buffer = decoder.decode(&packet)?;
        let spec = buffer.spec();
        let format = (spec.rate(), spec.channels().clone());
        buffer.copy_to_vecs_planar::<f32>(planes);
        Ok(Some(format))
    }
}

/// Returns whether a decoder exists for the parameters, and the limits allow it.
pub fn can_open(params: &AudioCodecParameters, family: &str, options: &Options) -> bool {
    check_params(params, options).is_ok()
        && matches!(library::call(|| Codec::open(params, family)), Ok(Ok(_)))
}

/// Checks the sizes in a header before a decoder allocates memory for them. Returns the size of the
/// decoder's tables in bytes.
fn check_params(params: &AudioCodecParameters, options: &Options) -> Result<u64> {
    let channels = params.channels.as_ref().map_or(1, Channels::count);
    options.check_rate(params.sample_rate.unwrap_or(options.rate_min))?;
    options.check_channels(channels)?;
    let config = params.extra_data.as_deref().unwrap_or_default();
    let tables = match params.codec {
        codec::CODEC_ID_VORBIS => vorbis_setup::table_bytes(config, options.memory_max),
        _ => 0,
    };
    let frames = params.max_frames_per_packet.unwrap_or_default();
    if frames > PACKET_FRAMES_MAX {
        return Err(Error::limit(format_args!(
            "its packets declare {frames} frames, at most {PACKET_FRAMES_MAX} are accepted"
        )));
    }
    options.check_memory(tables + frames * channels as u64 * SAMPLE_BYTES)?;
    Ok(tables)
}
