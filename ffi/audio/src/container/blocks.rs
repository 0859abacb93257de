//! Reads audio that is stored in blocks of equal size instead of packets: PCM, G.711, ADPCM and
//! GSM in wav, aiff, au and caf files.

use std::io;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};

use super::byte_reader::ByteReader;
use super::float_range::FloatRange;
use super::stream::{Demuxer, Next, Packet, PacketEnd, Stream, invalid};
use crate::gsm;
use crate::trim::Trim;

/// The storage format of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coding {
    pub codec: AudioCodecId,
    /// Size of a block in bytes. A block contains the samples of all channels.
    pub block_bytes: u64,
    pub block_frames: u64,
    /// Number of bytes in the header of each ADPCM block. `header_frames` is the number of frames
    /// in the header.
    header_bytes: u64,
    header_frames: u64,
}

impl Coding {
    /// Returns the format of samples with `bytes` bytes each and without a block structure.
    pub fn pcm(codec: AudioCodecId, bytes: u64, channels: u16) -> Self {
        let block_bytes = bytes * u64::from(channels);
        Coding { codec, block_bytes, block_frames: 1, header_bytes: 0, header_frames: 0 }
    }

    /// Returns the format of signed integers with `bits` bits. An integer is stored in the smallest
    /// sufficient number of bytes.
    pub fn integer(bits: u16, big_endian: bool, channels: u16) -> Option<Self> {
        let (codec, bytes) = match (bits.div_ceil(8), big_endian) {
            (1, _) => (codec::CODEC_ID_PCM_S8, 1),
            (2, false) => (codec::CODEC_ID_PCM_S16LE, 2),
            (2, true) => (codec::CODEC_ID_PCM_S16BE, 2),
            (3, false) => (codec::CODEC_ID_PCM_S24LE, 3),
            (3, true) => (codec::CODEC_ID_PCM_S24BE, 3),
            (4, false) => (codec::CODEC_ID_PCM_S32LE, 4),
            (4, true) => (codec::CODEC_ID_PCM_S32BE, 4),
            _ => return None,
        };
        Some(Coding::pcm(codec, bytes, channels))
    }

    pub fn float(bits: u16, big_endian: bool, channels: u16) -> Option<Self> {
        let (codec, bytes) = match (bits, big_endian) {
            (32, false) => (codec::CODEC_ID_PCM_F32LE, 4),
            (32, true) => (codec::CODEC_ID_PCM_F32BE, 4),
            (64, false) => (codec::CODEC_ID_PCM_F64LE, 8),
            (64, true) => (codec::CODEC_ID_PCM_F64BE, 8),
            _ => return None,
        };
        Some(Coding::pcm(codec, bytes, channels))
    }

    /// Returns the ADPCM format of wav files, with four bits per sample.
    pub fn adpcm(codec: AudioCodecId, block_bytes: u64, channels: u16) -> Option<Self> {
        let channels = u64::from(channels);
        let (header, header_frames) = match codec {
            codec::CODEC_ID_ADPCM_MS => (7, 2),
            _ => (4, 1),
        };
        let header_bytes = header * channels;
        let block_frames = header_frames + block_bytes.checked_sub(header_bytes)? * 2 / channels;
        Some(Coding { codec, block_bytes, block_frames, header_bytes, header_frames })
    }

    /// Returns the format of GSM 06.10 in Microsoft's packing, which has one channel. A part of a
    /// block is not decoded, so the whole block counts as header.
    pub fn gsm() -> Self {
        let (block_bytes, block_frames) = (gsm::BLOCK_BYTES as u64, gsm::BLOCK_FRAMES as u64);
        let codec = gsm::CODEC_ID_GSM_MS;
        Coding { codec, block_bytes, block_frames, header_bytes: block_bytes, header_frames: 0 }
    }

    /// Returns the format that has this name in Apple's files. `bits` is the sample size; it is
    /// used if the name does not define the sample size.
    pub fn apple(name: [u8; 4], bits: u16, channels: u16) -> Option<Self> {
        match &name {
            b"NONE" | b"twos" => Coding::integer(bits, true, channels),
            b"sowt" => Coding::integer(bits, false, channels),
            b"raw " => Some(Coding::pcm(codec::CODEC_ID_PCM_U8, 1, channels)),
            b"in24" => Coding::integer(24, true, channels),
            b"in32" => Coding::integer(32, true, channels),
            b"42ni" => Coding::integer(24, false, channels),
            b"23ni" => Coding::integer(32, false, channels),
            b"fl32" | b"FL32" => Coding::float(32, true, channels),
            b"fl64" | b"FL64" => Coding::float(64, true, channels),
            b"ulaw" | b"ULAW" => Some(Coding::pcm(codec::CODEC_ID_PCM_MULAW, 1, channels)),
            b"alaw" | b"ALAW" => Some(Coding::pcm(codec::CODEC_ID_PCM_ALAW, 1, channels)),
            b"ima4" => Some(Coding {
                block_frames: 64,
                ..Coding::pcm(codec::CODEC_ID_ADPCM_IMA_QT, 34, channels)
            }),
            _ => None,
        }
    }

    pub fn params(&self, sample_rate: u32, channels: Channels) -> AudioCodecParameters {
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(self.codec)
            .with_sample_rate(sample_rate)
            .with_channels(channels)
            .with_max_frames_per_packet(self.block_frames * self.blocks_per_packet())
            .with_frames_per_block(self.block_frames);
        params
    }

    /// Returns the number of blocks per packet. A packet has about 4,096 frames, which last a tenth
    /// of a second at 44.1 kHz.
    pub fn blocks_per_packet(&self) -> u64 {
        (4_096 / self.block_frames.max(1)).max(1)
    }

    /// Returns the number of frames in the first `bytes` bytes of a block.
    fn frames_in(&self, bytes: u64) -> u64 {
        match bytes.checked_sub(self.header_bytes) {
            None => 0,
            Some(bytes) => {
                let rest = (self.block_frames - self.header_frames) * bytes;
                self.header_frames + rest / (self.block_bytes - self.header_bytes).max(1)
            }
        }
    }
}

/// The blocks of samples between two positions of a file.
#[derive(Debug)]
pub struct Blocks {
    reader: ByteReader,
    coding: Coding,
    end: u64,
    float_range: Option<FloatRange>,
}

impl Blocks {
    /// Opens the blocks that start at a position. `len` is their length in bytes, as the header
    /// declares it; `None` if the header declares no length. If `len` exceeds the rest of the file,
    /// the blocks end at the end of the file.
    pub fn open(
        mut reader: ByteReader,
        start: u64,
        len: Option<u64>,
        coding: Coding,
        params: AudioCodecParameters,
    ) -> io::Result<(Stream, Box<dyn Demuxer>)> {
        if coding.block_bytes == 0 || coding.block_frames == 0 {
            return Err(invalid("its header does not declare how its samples are stored"));
        }
        let end = len.map_or(u64::MAX, |len| start.saturating_add(len)).min(reader.len());
        let float_range = FloatRange::detect(&mut reader, start, end, coding.codec)?;
        reader.seek(start)?;
        let frames = end.saturating_sub(start) / coding.block_bytes * coding.block_frames;
        let rate = params.sample_rate.unwrap_or_default();
        let counted_s = (rate > 0).then(|| frames as f64 / f64::from(rate));
        let duration_s = counted_s.filter(|_| len.is_some());
        let stream = Stream { params, trim: Trim::none(), duration_s, counted_s };
        Ok((stream, Box::new(Blocks { reader, coding, end, float_range })))
    }
}

impl Demuxer for Blocks {
    fn next(&mut self) -> io::Result<Next> {
        let Coding { block_bytes, block_frames, .. } = self.coding;
        let left = self.end.saturating_sub(self.reader.position());
        let blocks = (left / block_bytes).min(self.coding.blocks_per_packet());
        if blocks > 0 {
            let bytes = blocks * block_bytes;
            let mut data = self.reader.bytes(bytes, bytes)?;
            self.float_range.iter().for_each(|range| range.apply(&mut data));
            let frames = Some(blocks * block_frames);
            return Ok(Next::Packet(Packet { data, frames, end: PacketEnd::Audible }));
        }
        let frames = self.coding.frames_in(left);
        if block_frames == 1 || frames == 0 {
            return Ok(Next::End);
        }
        // The last block of ADPCM may be shorter than the other blocks.
        let mut data = self.reader.bytes(left, block_bytes)?.into_vec();
        data.resize(block_bytes as usize, 0);
        let end = PacketEnd::Padding(block_frames - frames);
        Ok(Next::Packet(Packet { data: data.into(), frames: Some(block_frames), end }))
    }
}
