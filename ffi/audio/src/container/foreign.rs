//! Names the demuxer with which ffmpeg reads a file. The caller uses it if this library does not
//! support the file. Every demuxer here reads one plain file and never follows references to other
//! files or addresses. Demuxers of playlists follow such references, so they are not in the list.

use super::{aiff, au, caf, matroska, mp4, mpeg_ts, ogg, wav};
use crate::probe;

/// Returns the name of the demuxer; `None` if the file has no container of the list.
pub fn demuxer(head: &[u8]) -> Option<&'static str> {
    let containers: [(IsContainer, &str); 9] = [
        (wav::is_wav, "wav"),
        (mp4::is_mp4, "mov"),
        (matroska::is_matroska, "matroska"),
        (ogg::is_ogg, "ogg"),
        (aiff::is_aiff, "aiff"),
        (au::is_au, "au"),
        (caf::is_caf, "caf"),
        (mpeg_ts::is_mpeg_ts, "mpegts"),
        (is_adts, "aac"),
    ];
    let known = containers.iter().find(|(is_container, _)| is_container(head));
    known.map(|(_, demuxer)| *demuxer).or_else(|| of_name(&probe::undecodable(head)?, head))
}

// --- internal ---

type IsContainer = fn(&[u8]) -> bool;

/// Returns the demuxer of a format that `probe::undecodable` has named.
fn of_name(name: &str, head: &[u8]) -> Option<&'static str> {
    Some(match name {
        "AMR" | "AMR-WB" => "amr",
        "ASF (WMA, WMV)" => "asf",
        "RIFX (big-endian wav)" => "wav",
        "AVI" => "avi",
        "8SVX" | "DSD (DSDIFF)" => "iff",
        "FLV" => "flv",
        "WavPack" => "wv",
        "Monkey's Audio" => "ape",
        "Wave64" => "w64",
        "TTA" => "tta",
        "TAK" => "tak",
        "DSD (DSF)" => "dsf",
        "Musepack" if head.starts_with(b"MPCK") => "mpc8",
        "Musepack" => "mpc",
        "Shorten" => "shn",
        "NIST SPHERE" => "nistsphere",
        "RealMedia" | "RealAudio" => "rm",
        "AC-3" if is_eac3(head) => "eac3",
        "AC-3" => "ac3",
        "DTS" => "dts",
        "TrueHD" => "truehd",
        "an MPEG program stream" => "mpeg",
        "AAC in LOAS" => "loas",
        "Creative Voice" => "voc",
        _ => return None,
    })
}

/// Returns whether the frame of AC-3 is E-AC-3: its bit stream identification is above 10.
fn is_eac3(head: &[u8]) -> bool {
    head.starts_with(b"\x0b\x77") && head.get(5).is_some_and(|byte| byte >> 3 > 10)
}

/// Returns whether the file starts with the header of an ADTS frame.
fn is_adts(head: &[u8]) -> bool {
    matches!(head, [0xff, flags, ..] if flags & 0b1111_0110 == 0b1111_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_only_demuxers_of_plain_files() {
        for (head, name) in [
            (b"RIFF\0\0\0\0WAVEfmt ".as_slice(), Some("wav")),
            (b"RIFF\0\0\0\0AVI LIST", Some("avi")),
            (b"\0\0\0\x20ftyp3gp4\0\0", Some("mov")),
            (b"\x1a\x45\xdf\xa3\0\0", Some("matroska")),
            (b"#!AMR-WB\n\x0c", Some("amr")),
            (b"\x0b\x77\0\0\0\x40", Some("ac3")),
            (b"\x0b\x77\0\0\0\x80", Some("eac3")),
            (b"\xff\xf1\x50\x80", Some("aac")),
            (b"\xff\xfb\x90\x64", None),
            (b"#EXTM3U\n/etc/passwd\n", None),
            (b"ffconcat version 1.0\nfile /etc/passwd\n", None),
            (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", None),
            (b"<?xml version=\"1.0\"?><MPD>", None),
            (b"\x89PNG\r\n", None),
            (b"MThd\0\0\0\x06", None),
        ] {
            assert_eq!(demuxer(head), name, "{}", head.escape_ascii());
        }
    }
}
