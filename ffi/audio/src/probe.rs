//! Names what a file is from its first bytes, for errors that say what was found.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known as codec;

/// What every "cannot decode" message offers instead.
pub const ACCEPTED: &str = "wav, flac, mp3, m4a/mp4/mov (AAC, ALAC), ogg (Vorbis, Opus, FLAC), \
                            webm/mkv (Opus, Vorbis), aac (ADTS), aiff and caf";

/// Bytes of the file's start that the functions here want to see.
pub const HEAD_BYTES: usize = 4_096;

/// The name of a well-known kind of file that is not decoded, or nothing.
pub fn undecodable(head: &[u8]) -> Option<String> {
    let known = SIGNATURES
        .iter()
        .find(|(offset, signature, _)| {
            head.get(*offset..).is_some_and(|bytes| bytes.starts_with(signature))
        })
        .map(|(_, _, name)| (*name).to_owned());
    known
        .or_else(|| wav_codec(head))
        .or_else(|| ogg_codec(head))
        .or_else(|| is_transport_stream(head).then(|| "MPEG-TS".to_owned()))
        .or_else(|| is_text(head).then(|| "text".to_owned()))
}

pub fn is_mp4(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp")
}

/// The family of an ISO base media file, by its major brand.
pub fn mp4_family(head: &[u8]) -> &'static str {
    match head.get(8..11) {
        Some(b"3gp" | b"3g2") => "3GP",
        Some(b"qt ") => "QuickTime",
        Some(b"M4A" | b"M4B") => "M4A",
        _ => "MP4",
    }
}

/// The usual name of a codec, by its four characters in an ISO base media file.
pub fn mp4_codec(format: [u8; 4]) -> String {
    let name = match &format {
        b"samr" => "AMR",
        b"sawb" => "AMR-WB",
        b"sawp" => "AMR-WB+",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b"ac-4" => "AC-4",
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "DTS",
        b"mha1" | b"mhm1" => "MPEG-H",
        b"agsm" => "GSM",
        b"QDM2" | b"QDMC" => "QDesign",
        b"Qclp" | b"sqcp" => "QCELP",
        b"sevc" => "EVRC",
        b"enca" => "encrypted audio",
        _ => return format!("codec \"{}\"", format.escape_ascii()),
    };
    name.to_owned()
}

/// The usual name of a codec that a container announces but nothing here decodes.
pub fn codec_name(id: AudioCodecId) -> &'static str {
    match id {
        codec::CODEC_ID_AC3 => "AC-3",
        codec::CODEC_ID_EAC3 => "E-AC-3",
        codec::CODEC_ID_AC4 => "AC-4",
        codec::CODEC_ID_DCA => "DTS",
        codec::CODEC_ID_TRUEHD => "TrueHD",
        codec::CODEC_ID_SPEEX => "Speex",
        codec::CODEC_ID_MUSEPACK => "Musepack",
        codec::CODEC_ID_WMA => "WMA",
        codec::CODEC_ID_WAVPACK => "WavPack",
        codec::CODEC_ID_TTA => "TTA",
        codec::CODEC_ID_ADPCM_G722 => "G.722",
        codec::CODEC_ID_ADPCM_G726 | codec::CODEC_ID_ADPCM_G726LE => "G.726",
        codec::CODEC_ID_AAC => "AAC",
        _ => "an unknown codec",
    }
}

// --- internal ---

const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"#!AMR-WB\n", "AMR-WB"),
    (0, b"#!AMR\n", "AMR"),
    (0, b"#!SILK_V3", "SILK"),
    (1, b"#!SILK_V3", "SILK"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "ASF (WMA, WMV)"),
    (8, b"AVI ", "AVI"),
    (8, b"AVIF", "an AVIF image"),
    (8, b"WEBP", "a WebP image"),
    (8, b"8SVX", "8SVX"),
    (0, b"FLV\x01", "FLV"),
    (0, b"wvpk", "WavPack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b".snd", "AU"),
    (0, b"RF64", "RF64"),
    (0, b"BW64", "BW64"),
    (0, b"riff\x2e\x91\xcf\x11", "Wave64"),
    (0, b"TTA1", "TTA"),
    (0, b"TTA2", "TTA"),
    (0, b"DSD ", "DSF"),
    (0, b"FRM8", "DSDIFF"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"MThd", "MIDI"),
    (0, b".RMF", "RealMedia"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"\x0b\x77", "AC-3"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b"\x00\x00\x01\xba", "MPEG-PS"),
    (0, b"\x00\x00\x01\xb3", "MPEG video"),
    (0, b"Creative Voice File", "Creative Voice"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x7fELF", "an executable"),
    (0, b"MZ", "an executable"),
];

/// The codec of a wav file whose format tag is known but not decoded.
fn wav_codec(head: &[u8]) -> Option<String> {
    if !head.starts_with(b"RIFF") || head.get(8..12) != Some(b"WAVE") {
        return None;
    }
    let at = head.windows(4).position(|bytes| bytes == b"fmt ")?;
    let tag = head.get(at + 8..at + 10)?;
    let name = match u16::from_le_bytes(tag.try_into().ok()?) {
        0x0031 | 0x0032 => "GSM 6.10",
        0x0040 | 0x0045 | 0x0064 => "G.726",
        0x0042 => "G.723.1",
        0x0055 => "MP3",
        0x0028f | 0x0065 => "G.722",
        0x00ff | 0x1600..=0x1602 => "AAC",
        0x0160..=0x0163 => "WMA",
        0x2000 => "AC-3",
        0x2001 => "DTS",
        _ => return None,
    };
    Some(format!("{name} in wav"))
}

fn ogg_codec(head: &[u8]) -> Option<String> {
    if !head.starts_with(b"OggS") {
        return None;
    }
    let has = |name: &[u8]| head.windows(name.len()).any(|bytes| bytes == name);
    let decodable: [&[u8]; 3] = [b"\x01vorbis", b"OpusHead", b"\x7fFLAC"];
    let name = if decodable.iter().any(|name| has(name)) {
        return None;
    } else if has(b"Speex   ") {
        "Speex"
    } else if has(b"PCM     ") {
        "PCM"
    } else if has(b"\x80theora") {
        "Theora video only"
    } else {
        return None;
    };
    Some(format!("{name} in ogg"))
}

/// Three packets of 188 bytes in a row, also with four bytes of time code before each.
fn is_transport_stream(head: &[u8]) -> bool {
    [(0, 188), (4, 192)].iter().any(|(first, packet)| {
        (0..3).all(|packets| head.get(first + packets * packet) == Some(&0x47))
    })
}

fn is_text(head: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..);
    let text = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => error.error_len().is_none(),
    };
    !head.is_empty() && text && head.iter().all(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_not_decoded() {
        let wav = |tag: u16| {
            let mut wav = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0".to_vec();
            wav.extend(tag.to_le_bytes());
            wav
        };
        for (head, name) in [
            (b"#!AMR\n\x0c".to_vec(), "AMR"),
            (b"RIFF\0\0\0\0AVI LIST".to_vec(), "AVI"),
            (b"%PDF-1.7".to_vec(), "a PDF document"),
            (b"{\"error\": \"no\"}".to_vec(), "text"),
            (wav(0x31), "GSM 6.10 in wav"),
            ([b"OggS".as_slice(), &[0; 24], b"Speex   1.2"].concat(), "Speex in ogg"),
            ([[0x47].as_slice(), &[0; 187]].concat().repeat(3), "MPEG-TS"),
        ] {
            assert_eq!(undecodable(&head).as_deref(), Some(name));
        }
    }

    #[test]
    fn lets_pass_what_may_be_decoded() {
        for head in [
            b"fLaC\0\0\0\x22".to_vec(),
            b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec(),
            b"\xff\xfb\x90\x64\0\0".to_vec(),
            [b"OggS".as_slice(), &[0; 24], b"OpusHead"].concat(),
        ] {
            assert_eq!(undecodable(&head), None);
        }
    }
}
