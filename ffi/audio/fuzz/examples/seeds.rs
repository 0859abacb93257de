//! Copies files into the corpora of the fuzz targets. Each file goes into the corpus of its
//! container and into the corpora of the general targets. The packets of the file go into the
//! corpus of the packet target.
//!
//! Usage: cargo run --example seeds -- CORPUS FILE... (writes CORPUS/<target>/<file>)

use std::fs;
use std::path::Path;

use asr_audio_fuzz::packets::{CODECS, RATES, with_length};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::formats::TrackType;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::MediaSourceStream;

const PACKETS_MAX: usize = 6;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let corpus = arguments.next().expect("a folder for the corpus");
    for file in arguments {
        plant(Path::new(&file), Path::new(&corpus));
    }
}

fn plant(path: &Path, corpus: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = fs::read(path).expect("a file can be read");
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder).expect("the corpus can be written");
        fs::write(folder.join(name), bytes).expect("the corpus can be written");
    };
    for target in ["open", "decode"].into_iter().chain(target_of(&file)) {
        write(target, &name, &file);
    }
    // Symphonia's own demuxers panic on some hostile files. The library does not use these
    // demuxers.
    if let Ok(Some(packets)) = std::panic::catch_unwind(|| packets_of(file)) {
        write("packets", &name, &packets);
        // The header that the encoding removes is empty.
        let stripped = b"\x62\x40\x87\x50\x34\x84\x42\x54\x81\x03";
        write("mkv_encoded", &name, &[with_length(stripped), packets].concat());
    }
}

fn target_of(file: &[u8]) -> Option<&'static str> {
    Some(match file {
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] => "riff",
        [b'.', b's', b'n', b'd', ..] => "riff",
        [b'F', b'O', b'R', b'M', ..] | [b'c', b'a', b'f', b'f', ..] => "aiff_caf",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "mp4",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "mkv",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        [b'G', ..] => "mpeg_ts",
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xff, ..] => "mpeg",
        _ => return None,
    })
}

/// Returns the first audio packets of a file, in the format of the packet target.
fn packets_of(file: Vec<u8>) -> Option<Vec<u8>> {
    let stream = MediaSourceStream::new(Box::new(std::io::Cursor::new(file)), Default::default());
    let probe = symphonia::default::get_probe();
    let mut reader =
        probe.probe(&Hint::new(), stream, Default::default(), Default::default()).ok()?;
    let track = reader.default_track(TrackType::Audio)?;
    let Some(CodecParameters::Audio(params)) = &track.codec_params else {
        return None;
    };
    let (id, mut bytes) = (track.id, header_of(params)?);
    let mut left = PACKETS_MAX;
    while let Ok(Some(packet)) = reader.next_packet() {
        if packet.track_id == id && left > 0 {
            bytes.extend(with_length(&packet.data));
            left -= 1;
        }
    }
    Some(bytes)
}

fn header_of(params: &AudioCodecParameters) -> Option<Vec<u8>> {
    let name = matroska_name(params.codec)?;
    let codec = CODECS.iter().position(|codec| *codec == name)?;
    let rate = RATES.iter().position(|rate| Some(*rate) == params.sample_rate).unwrap_or_default();
    let channels = params.channels.as_ref().map_or(1, |channels| channels.count());
    let front = [codec as u8, channels.saturating_sub(1) as u8, rate as u8];
    Some([front.to_vec(), with_length(params.extra_data.as_deref().unwrap_or_default())].concat())
}

fn matroska_name(id: AudioCodecId) -> Option<&'static str> {
    Some(match id {
        codec::CODEC_ID_OPUS => "A_OPUS",
        codec::CODEC_ID_AAC => "A_AAC",
        codec::CODEC_ID_VORBIS => "A_VORBIS",
        codec::CODEC_ID_FLAC => "A_FLAC",
        codec::CODEC_ID_MP3 => "A_MPEG/L3",
        codec::CODEC_ID_MP2 => "A_MPEG/L2",
        codec::CODEC_ID_ALAC => "A_ALAC",
        codec::CODEC_ID_PCM_S16LE => "A_PCM/INT/LIT",
        codec::CODEC_ID_PCM_F32LE => "A_PCM/FLOAT/IEEE",
        _ => return None,
    })
}
