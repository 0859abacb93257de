//! Reads streams without a container: mp3, ADTS and FLAC. Symphonia finds the frames. This code
//! skips tags before and after the frames, because tags may contain pictures of any size.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::LazyLock;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::errors::Error as MediaError;
use symphonia::core::formats::probe::{Hint, Probe, ProbeOptions};
use symphonia::core::formats::well_known as format;
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};

use super::stream::{Demuxer, Next, Packet, PacketEnd, Stream, invalid, unsupported};
use super::{channel_layout, flac_end, mp3_gapless, tags};
use crate::limits::PACKET_FRAMES_MAX;
use crate::source::Source;
use crate::status::{Error, Status};
use crate::trim::Trim;
use crate::{library, mpeg_audio};

/// Number of bytes at the start of the file that are searched for the first mp3 or ADTS frame.
const JUNK_BYTES_MAX: u32 = 128 << 10;
/// Maximum number of successive false headers. A false header is a sequence of bytes that looks
/// like a frame header. Only damaged files have false headers between two frames.
const FALSE_HEADERS_MAX: u32 = 1 << 16;
/// Maximum number of frames of silence that replace damaged packets. If the gap in the packet times
/// is longer, the times of the file are wrong, so the gap is not filled.
const LOST_FRAMES_MAX: u64 = PACKET_FRAMES_MAX;
/// Size of a header of MPEG audio in bytes.
const FRAME_HEADER_BYTES: u64 = 4;
const FLAC_BLOCKS_MAX: usize = 1 << 12;
/// Size of STREAMINFO in bytes.
const FLAC_INFO_BYTES: usize = 34;
const FLAC_COMMENTS: u8 = 4;
/// Maximum number of bytes at the start of the comments that are searched for the speaker layout.
const FLAC_COMMENTS_MAX: u32 = 64 << 10;

static PROBE: LazyLock<Probe> = LazyLock::new(|| {
    let options = ProbeOptions { max_probe_depth: JUNK_BYTES_MAX, ..ProbeOptions::default() };
    let mut probe = Probe::new_with_options(&options);
    symphonia::default::register_enabled_formats(&mut probe);
    probe
});

/// Opens the stream in a part of a file, for example the MP3 frames of a wav file. `len` is the
/// length of the part in bytes; `None` if the file does not declare it.
pub fn open_part(
    mut source: Source,
    start: u64,
    len: Option<u64>,
) -> io::Result<(Stream, Box<dyn Demuxer>)> {
    let mut head = Vec::new();
    source.seek(SeekFrom::Start(start))?;
    (&mut source).take(FRAME_HEADER_BYTES).read_to_end(&mut head)?;
    let mut part = source.with_start(Vec::new(), start)?;
    if let Some(len) = len {
        part = part.with_end(len);
    }
    match open(part, &head) {
        Ok((_, stream, demuxer)) => Ok((stream, demuxer)),
        Err(error) => Err(match error.downcast::<Error>() {
            Ok(Error { status: Status::Unsupported, .. }) if undecodable(&head).is_none() => {
                invalid("it has no frames of MPEG audio")
            }
            Ok(error) => io::Error::other(error),
            Err(error) => error,
        }),
    }
}

/// Opens the stream, and returns the name of its format, the stream and its reader. `head` is the
/// start of the file.
pub fn open(source: Source, head: &[u8]) -> io::Result<(&'static str, Stream, Box<dyn Demuxer>)> {
    let source = tags::without_trail(source)?;
    let (source, flac_layout) = skip_flac_metadata(source)?;
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let open = || PROBE.probe(&Hint::new(), stream, Default::default(), Default::default());
    let reader = library::call(open).map_err(io::Error::other)?.map_err(|error| match error {
        MediaError::Unsupported(reason) if reason.contains("no suitable format") => {
            unsupported(undecodable(head).as_deref().unwrap_or("this kind of file"))
        }
        error => from_media_error(error),
    })?;
    let track = reader.default_track(TrackType::Audio);
    let track = track.ok_or_else(|| invalid("it has no audio track"))?;
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or_else(|| invalid("it has no audio track"))?;
    let mut params = params.clone();
    if params.codec == codec::CODEC_ID_FLAC {
        params.channels = flac_layout.or(params.channels);
    }
    let trim = match params.codec {
        codec::CODEC_ID_MP1 | codec::CODEC_ID_MP2 | codec::CODEC_ID_MP3 => mp3_gapless::trim(track),
        _ => Trim::none(),
    };
    let duration_s = duration_s(track);
    let name = match reader.format_info().format {
        format::FORMAT_ID_ADTS => "adts",
        _ => reader.format_info().short_name,
    };
    Ok((
        name,
        Stream { params, trim, duration_s, counted_s: None },
        Box::new(Elementary {
            reader,
            packets: 0,
            unsupported: 0,
            false_headers: 0,
            expected: None,
            held: None,
        }),
    ))
}

// --- internal ---

struct Elementary {
    reader: Box<dyn FormatReader>,
    packets: u64,
    /// Number of headers of unsupported formats in the stream so far. `false_headers` is the number
    /// of false headers since the last packet.
    unsupported: u64,
    false_headers: u32,
    /// End of the previous packet in frames.
    expected: Option<i64>,
    /// The packet that follows damaged packets. It is returned after the silence that replaces
    /// them.
    held: Option<Packet>,
}

impl Demuxer for Elementary {
    fn next(&mut self) -> io::Result<Next> {
        if let Some(packet) = self.held.take() {
            return Ok(Next::Packet(packet));
        }
        let packet = library::call(|| self.reader.next_packet()).map_err(io::Error::other)?;
        match packet {
            Ok(Some(packet)) => {
                self.packets += 1;
                self.false_headers = 0;
                let (start, frames) = (packet.pts.get(), packet.block_dur().get());
                let lost = self.expected.map_or(0, |expected| start.saturating_sub(expected));
                self.expected = start.checked_add_unsigned(frames);
                let packet =
                    Packet { data: packet.data, frames: Some(frames), end: PacketEnd::Audible };
                match u64::try_from(lost) {
                    Ok(lost @ 1..=LOST_FRAMES_MAX) => {
                        self.held = Some(packet);
                        Ok(Next::Packet(Packet { frames: Some(lost), ..Packet::default() }))
                    }
                    _ => Ok(Next::Packet(packet)),
                }
            }
            Ok(None) => Ok(Next::End),
            // In a damaged part, bytes that are not a header may look like one. The reader has
            // already skipped these bytes.
            Err(MediaError::DecodeError(_)) if self.false_headers < FALSE_HEADERS_MAX => {
                self.false_headers += 1;
                Ok(Next::Nothing)
            }
            Err(MediaError::Unsupported(_)) if self.unsupported < self.packets => {
                self.unsupported += 1;
                Ok(Next::Nothing)
            }
            Err(error) => Err(from_media_error(error)),
        }
    }
}

/// Removes FLAC's metadata except STREAMINFO, and removes the bytes after the last frame. Also
/// returns the speaker layout that the comments declare.
fn skip_flac_metadata(mut source: Source) -> io::Result<(Source, Option<Channels>)> {
    source.rewind()?;
    let mut marker = Vec::new();
    (&mut source).take(4).read_to_end(&mut marker)?;
    if marker != b"fLaC" {
        source.rewind()?;
        return Ok((source, None));
    }
    let mut position = 4;
    let mut info = None;
    let mut layout = None;
    for _ in 0..FLAC_BLOCKS_MAX {
        source.seek(SeekFrom::Start(position))?;
        let mut header = [0; 4];
        source.read_exact(&mut header)?;
        let [kind, a, b, c] = header;
        if kind & 0x7f == 0 && info.is_none() {
            let mut bytes = [0; FLAC_INFO_BYTES];
            source.read_exact(&mut bytes)?;
            info = Some(bytes);
        }
        let size = u32::from_be_bytes([0, a, b, c]);
        if kind & 0x7f == FLAC_COMMENTS {
            let mut comments = Vec::new();
            (&mut source).take(size.min(FLAC_COMMENTS_MAX).into()).read_to_end(&mut comments)?;
            layout = layout.or_else(|| channel_layout::of_flac_comment(&comments));
        }
        position += 4 + u64::from(size);
        if kind & 0x80 != 0 {
            let info = info.ok_or_else(|| invalid("it has no stream description (STREAMINFO)"))?;
            let header = [0x80, 0, 0, FLAC_INFO_BYTES as u8];
            let start = [b"fLaC".as_slice(), &header, &info].concat();
            let source = match flac_end::StreamInfo::parse(&info) {
                Some(info) => flac_end::without_junk(source, position, info)?,
                None => source,
            };
            return Ok((source.with_start(start, position)?, layout));
        }
    }
    Err(invalid("its metadata does not end"))
}

/// Returns the name of MPEG audio that the decoder rejects. `head` is the start of the stream.
fn undecodable(head: &[u8]) -> Option<String> {
    mpeg_audio::undecodable(*head.first_chunk()?)
}

fn duration_s(track: &Track) -> Option<f64> {
    Some(track.time_base?.calc_duration(track.duration?)?.as_secs_f64())
}

fn from_media_error(error: MediaError) -> io::Error {
    io::Error::other(match error {
        MediaError::IoError(error) => return error,
        MediaError::DecodeError(reason) => Error::invalid(format_args!("it is damaged ({reason})")),
        MediaError::Unsupported(reason) => Error::unsupported(format_args!("this file ({reason})")),
        MediaError::LimitError(reason) => Error::limit(reason),
        MediaError::SeekError(_) => Error::invalid("it refers to a position outside of the file"),
        error => Error::new(Status::Internal, format!("Cannot decode the audio file: {error}")),
    })
}
