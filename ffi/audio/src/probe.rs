//! Detects the kind of an unsupported file, for error messages.

/// The supported formats. Every "Cannot decode" message contains this list.
pub const ACCEPTED: &str = "wav (PCM, G.711, ADPCM, GSM, MP3), flac, mp3/mp2, m4a/mp4/mov and mkv/webm (AAC, ALAC, \
                            FLAC, MP3, Opus, PCM; mkv also Vorbis), ogg (Vorbis, Opus, FLAC), aac (ADTS), \
                            MPEG-TS (AAC, MP3), aiff, caf and au";

/// Number of bytes at the start of a file that `undecodable` needs to detect the kind of the file.
pub const HEAD_BYTES: usize = 4_096;

/// Returns the name of a well-known kind of file that the decoder does not support; `None` if the
/// file is of none of these kinds.
pub fn undecodable(head: &[u8]) -> Option<String> {
    let known = SIGNATURES
        .iter()
        .find(|(offset, signature, _)| {
            head.get(*offset..).is_some_and(|bytes| bytes.starts_with(signature))
        })
        .map(|(_, _, name)| *name);
    known.or_else(|| image(head)).or_else(|| text(head)).map(str::to_owned)
}

/// Returns the name of the format of a still image in an ISO base media file.
pub fn image(head: &[u8]) -> Option<&'static str> {
    match head.get(4..12) {
        Some(b"ftypavif" | b"ftypavis") => Some("an AVIF image"),
        Some(b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypmsf1") => Some("a HEIC image"),
        Some(b"ftypjp2 " | b"ftypjpx ") => Some("a JPEG 2000 image"),
        _ => None,
    }
}

/// Returns the usual name of a codec from its four-character code in an ISO base media file.
pub fn mp4_codec(format: [u8; 4]) -> String {
    let name = match &format {
        b"samr" => "AMR",
        b"sawb" => "AMR-WB",
        b"sawp" => "AMR-WB+",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b"ac-4" => "AC-4",
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "DTS",
        b"mlpa" => "TrueHD",
        b"mha1" | b"mhm1" => "MPEG-H",
        b"agsm" => "GSM",
        b"QDM2" | b"QDMC" => "QDesign",
        b"Qclp" | b"sqcp" => "QCELP",
        b"sevc" => "EVRC",
        b"ilbc" => "iLBC",
        b"spex" => "Speex",
        b"MAC3" | b"MAC6" => "MACE",
        b"ms\0\x02" | b"ms\0\x11" => "ADPCM",
        b"enca" => "encrypted audio",
        b"aac " | b"aach" | b"aacp" => "AAC",
        _ => return format!("codec \"{}\"", format.escape_ascii()),
    };
    name.to_owned()
}

/// Returns the usual name of a codec from its object type in MPEG-4 systems.
pub fn mpeg4_codec(object_type: u8) -> String {
    let name = match object_type {
        0xa5 => "AC-3",
        0xa6 => "E-AC-3",
        0xa9..=0xac => "DTS",
        0xdd => "Vorbis",
        0xe1 => "QCELP",
        _ => return format!("codec {object_type:#04x}"),
    };
    name.to_owned()
}

/// Returns the usual name of a codec from its format tag in a wav file.
pub fn wav_codec(tag: u16) -> String {
    let name = match tag {
        0x0001 => "PCM",
        0x0002 => "MS ADPCM",
        0x0003 => "PCM of floats",
        0x0011 => "IMA ADPCM",
        0x0022 => "TrueSpeech",
        0x0031 | 0x0032 => "GSM 6.10",
        0x0040 | 0x0045 | 0x0064 => "G.726",
        0x0042 => "G.723.1",
        0x0050 => "MPEG audio",
        0x0055 => "MP3",
        0x0065 | 0x028f => "G.722",
        0x0083 => "G.729",
        0x00ff | 0x1600..=0x1602 => "AAC",
        0x0160..=0x0163 => "WMA",
        0x2000 => "AC-3",
        0x2001 => "DTS",
        0x566f | 0x6750..=0x6771 => "Vorbis",
        0xa109 => "Speex",
        0xf1ac => "FLAC",
        _ => return format!("codec {tag:#06x}"),
    };
    name.to_owned()
}

/// Returns the usual name of a codec from its name in Matroska.
pub fn matroska_codec(name: &str) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("A_AC3", "AC-3"),
        ("A_EAC3", "E-AC-3"),
        ("A_TRUEHD", "TrueHD"),
        ("A_MLP", "MLP"),
        ("A_DTS", "DTS"),
        ("A_WAVPACK4", "WavPack"),
        ("A_TTA1", "TTA"),
        ("A_MPC", "Musepack"),
        ("A_ATRAC", "ATRAC"),
        ("A_REAL", "RealAudio"),
        ("A_SPEEX", "Speex"),
        ("A_PCM", "PCM"),
    ];
    let known = NAMES.iter().find(|(prefix, _)| name.starts_with(prefix));
    known.map_or_else(|| format!("codec \"{}\"", name.escape_debug()), |(_, name)| (*name).into())
}

/// Returns the usual name of the codec of an Ogg file from the first packet of a stream.
pub fn ogg_codec(packet: &[u8]) -> Option<&'static str> {
    const NAMES: &[(&[u8], &str)] = &[
        (b"Speex   ", "Speex"),
        (b"PCM     ", "PCM"),
        (b"CELT    ", "CELT"),
        (b"OggMIDI\0", "MIDI"),
        (b"fLaC", "FLAC without its mapping"),
        (b"\x80theora", "Theora video only"),
        (b"BBCD\0", "Dirac video only"),
    ];
    NAMES.iter().find(|(start, _)| packet.starts_with(start)).map(|(_, name)| *name)
}

// --- internal ---

const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"#!AMR-WB\n", "AMR-WB"),
    (0, b"#!AMR-WB_MC", "AMR-WB"),
    (0, b"#!AMR", "AMR"),
    (0, b"#!SILK_V3", "SILK"),
    (1, b"#!SILK_V3", "SILK"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "ASF (WMA, WMV)"),
    (0, b"RIFX", "RIFX (big-endian wav)"),
    (8, b"AVI ", "AVI"),
    (8, b"RMID", "MIDI"),
    (8, b"WEBP", "a WebP image"),
    (8, b"8SVX", "8SVX"),
    (0, b"FLV\x01", "FLV"),
    (0, b"wvpk", "WavPack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"riff\x2e\x91\xcf\x11", "Wave64"),
    (0, b"TTA1", "TTA"),
    (0, b"TTA2", "TTA"),
    (0, b"tBaK", "TAK"),
    (0, b"DSD ", "DSD (DSF)"),
    (0, b"FRM8", "DSD (DSDIFF)"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"ajkg", "Shorten"),
    (0, b"LA0", "Lossless Audio"),
    (0, b"NIST_1A", "NIST SPHERE"),
    (0, b"MThd", "MIDI"),
    (0, b".RMF", "RealMedia"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"\x0b\x77", "AC-3"),
    (0, b"\x77\x0b", "AC-3"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b"\xfe\x7f\x01\x80", "DTS"),
    (4, b"\xf8\x72\x6f\xba", "TrueHD"),
    (0, b"\x00\x00\x01\xba", "an MPEG program stream"),
    (0, b"\x00\x00\x01\xb3", "MPEG video"),
    (0, b"\x56\xe0", "AAC in LOAS"),
    (0, b"ADIF", "AAC in ADIF"),
    (0, b"Creative Voice File", "Creative Voice"),
    (0, b"IMPM", "a tracker module"),
    (0, b"Extended Module:", "a tracker module"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"BM", "a BMP image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (0, b"\0\0\x01\0", "an icon"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"PK\x05\x06", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x7fELF", "an executable"),
    (0, b"MZ", "an executable"),
    (0, b"\xca\xfe\xba\xbe", "an executable"),
    (0, b"\xcf\xfa\xed\xfe", "an executable"),
    (0, b"wOFF", "a font"),
    (0, b"wOF2", "a font"),
    (0, b"SQLite format 3\0", "an SQLite database"),
];

fn text(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        let zeros = head.iter().filter(|byte| **byte == 0).count();
        return (zeros * 4 > head.len()).then_some("a text file");
    }
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..);
    let is_text = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The text may end inside a character, so an incomplete last character is accepted.
        Err(error) => error.error_len().is_none(),
    };
    let start = head.trim_ascii_start().get(..9).unwrap_or_default().to_ascii_lowercase();
    let html = start == *b"<!doctype" || start.starts_with(b"<html");
    match !head.is_empty() && is_text && head.iter().all(printable) {
        true if html => Some("an HTML page"),
        true => Some("a text file"),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_unsupported_formats() {
        for (head, name) in [
            (b"#!AMR\n\x0c".to_vec(), "AMR"),
            (b"RIFF\0\0\0\0AVI LIST".to_vec(), "AVI"),
            (b"%PDF-1.7".to_vec(), "a PDF document"),
            (b"\0\0\0\x20ftypheic\0\0".to_vec(), "a HEIC image"),
            (b"{\"error\": \"no\"}".to_vec(), "a text file"),
            (b"\xff\xfeh\0i\0!\0".to_vec(), "a text file"),
            (b"\n<!DOCTYPE html>".to_vec(), "an HTML page"),
            (b"MThd\0\0\0\x06".to_vec(), "MIDI"),
        ] {
            assert_eq!(undecodable(&head).as_deref(), Some(name));
        }
    }

    #[test]
    fn does_not_report_files_that_may_be_decodable() {
        for head in [b"fLaC\0\0\0\x22".to_vec(), b"\xff\xfb\x90\x64\0\0".to_vec()] {
            assert_eq!(undecodable(&head), None);
        }
    }
}
