//! Decodes MPEG transport streams: lost and repeated packets, damage, times that start again, and
//! changes of the format.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod recordings;
mod whole;

use std::io::Cursor;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::Status;
use asr_audio::track_choice::TrackRequest;
use recordings::audio;
use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor;
use whole::decode;

const PACKET: usize = 188;
/// PID of the audio in files of ffmpeg that have no video.
const AUDIO: u16 = 0x100;
const LATE: &str = "cases/08c-audio-starts-2s-late.ts";
const SPEECH: &str = "cases/12-refused-a-aac.ts";

fn pid(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[1] & 0x1f, packet[2]])
}

fn set_pid(packet: &mut [u8], pid: u16) {
    packet[1] = packet[1] & 0xe0 | (pid >> 8) as u8;
    packet[2] = pid as u8;
}

/// Returns the file with the packets that `change` returns for each packet of a PID.
fn with_packets(
    file: &[u8],
    of: u16,
    mut change: impl FnMut(usize, &mut Vec<u8>) -> Vec<u8>,
) -> Vec<u8> {
    let mut number = 0;
    let mut changed = |packet: &[u8]| {
        if pid(packet) != of {
            return packet.to_vec();
        }
        number += 1;
        change(number - 1, &mut packet.to_vec())
    };
    file.chunks_exact(PACKET).flat_map(&mut changed).collect()
}

/// Adds ticks to all times in the headers of PES packets.
fn with_later_times(file: &[u8], ticks: u64) -> Vec<u8> {
    let later = |packet: &[u8]| {
        let mut packet = packet.to_vec();
        let payload = if packet[3] & 0x20 == 0 { 4 } else { 5 + usize::from(packet[4]) };
        if packet[1] & 0x40 != 0 && packet[payload..].starts_with(&[0, 0, 1]) {
            let flags = packet[payload + 7];
            for at in [0x80, 0x40].iter().filter(|bit| flags & **bit != 0).enumerate() {
                add_to_time(&mut packet[payload + 9 + 5 * at.0..][..5], ticks);
            }
        }
        packet
    };
    file.chunks_exact(PACKET).flat_map(later).collect()
}

fn add_to_time(field: &mut [u8], ticks: u64) {
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|n| u64::from(field[n]));
    let time = (a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1;
    let time = time.wrapping_add(ticks) & ((1 << 33) - 1);
    field[0] = field[0] & 0xf1 | ((time >> 30) << 1) as u8;
    field[1] = (time >> 22) as u8;
    field[2] = ((time >> 15) << 1) as u8 | 1;
    field[3] = (time >> 7) as u8;
    field[4] = (time << 1) as u8 | 1;
}

fn difference(samples: &[f32], expected: &[f32]) -> f32 {
    samples.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn open(file: Vec<u8>, track: TrackRequest) -> asr_audio::status::Result<Decoder> {
    let len = file.len() as u64;
    Decoder::open_source(Cursor::new(file), len, Options { track, ..Options::DEFAULT })
}

#[test]
fn silence_replaces_lost_packets() {
    let file = audio(SPEECH);
    let whole = decode(file.clone()).unwrap();
    assert_eq!(whole.len(), 79_134);
    let packets = file.chunks_exact(PACKET).filter(|packet| pid(packet) == AUDIO).count();
    for lost in [80..81, 80..95, 60..111] {
        let change = |n, packet: &mut Vec<u8>| {
            if lost.contains(&n) { Vec::new() } else { packet.clone() }
        };
        let samples = decode(with_packets(&file, AUDIO, change)).unwrap();
        assert_eq!(samples.len(), whole.len(), "{lost:?}");
        let part = |n: usize| n * whole.len() / packets;
        // The silence may start later than the lost packets: at the start of the next PES packet.
        let (before, after) = (part(lost.start) - 3_000, part(lost.end) + 9_000);
        assert!(samples[..before] == whole[..before], "{lost:?}");
        assert!(difference(&samples[after..], &whole[after..]) < 0.05, "{lost:?}");
        assert!(samples != whole);
    }
}

#[test]
fn other_packets_change_nothing() {
    let file = audio(SPEECH);
    let whole = decode(file.clone()).unwrap();
    let null = [&[0x47, 0x1f, 0xff, 0x10], [0xff; 184].as_slice()].concat();
    for (name, changed) in [
        ("sent twice", with_packets(&file, AUDIO, |_, packet| packet.repeat(2))),
        (
            "empty packets",
            with_packets(&file, AUDIO, |_, packet| [packet.as_slice(), &null].concat()),
        ),
        (
            "bytes between packets",
            with_packets(&file, AUDIO, |n, packet| {
                [packet.as_slice(), if n % 20 == 9 { b"some bytes" } else { b"" }].concat()
            }),
        ),
        ("an end within a packet", [&file, &[0x47, 1, 0, 0x10][..]].concat()),
    ] {
        assert!(decode(changed).unwrap() == whole, "{name}");
    }
    // The file starts within a packet, so its first packet is missing.
    assert!(decode(file[100..].to_vec()).unwrap() == whole);
}

#[test]
fn times_may_start_again() {
    let file = audio(LATE);
    let whole = decode(file.clone()).unwrap();
    assert!((whole.len() as f64 / 16_000.0 - 6.93).abs() < 0.02, "{}", whole.len());
    assert!(whole[..30_900].iter().all(|sample| *sample == 0.0));
    let last = 1 << 33;
    // The times start again before the video, between the start of the video and the start of the
    // audio, and within the audio.
    for ticks in [last - 90_000, last - 250_000, last - 500_000] {
        assert!(decode(with_later_times(&file, ticks)).unwrap() == whole, "{ticks}");
    }
    // A gap within the audio is not filled if no packets were lost.
    let (start, end) = file.split_at(file.len() / PACKET / 2 * PACKET);
    let joined = [start, &with_later_times(end, 900_000)].concat();
    assert_eq!(decode(joined).unwrap().len(), whole.len());
}

#[test]
fn the_format_may_change() {
    let (first, second) = (audio("formats/aac.ts"), audio(SPEECH));
    let lengths = [&first, &second].map(|file| decode(file.clone()).unwrap().len());
    let samples = decode([first, second].concat()).unwrap();
    assert!(samples.len().abs_diff(lengths[0] + lengths[1]) <= 1);
}

#[test]
fn a_number_selects_the_track() {
    let (ours, other) = (audio("formats/aac.ts"), audio("formats/mp2.ts"));
    // The list of the second program has another PID.
    let mut files = [ours, other];
    for packet in files[1].chunks_exact_mut(PACKET) {
        match pid(packet) {
            AUDIO => set_pid(packet, 0x200),
            0x1000 => {
                packet[5 + 13..][..2].copy_from_slice(&0xe200u16.to_be_bytes());
                set_checksum(packet);
                set_pid(packet, 0x1100);
            }
            0 => set_pid(packet, 0x1fff),
            _ => {}
        }
    }
    for packet in files[0].chunks_exact_mut(PACKET).filter(|packet| pid(packet) == 0) {
        // The entry of the second program follows the entry of the first program.
        packet[5 + 2] += 4;
        packet[5 + 12..][..4].copy_from_slice(&[0, 2, 0xf1, 0]);
        set_checksum(packet);
    }
    let file = files.concat();
    for (rank, codec) in [(0, "aac"), (1, "mp2")] {
        let number = TrackRequest::Number(rank + 1);
        for track in [TrackRequest::Rank(rank), number] {
            let info = open(file.clone(), track).unwrap().info();
            assert_eq!((info.codec, info.place.tracks), (codec, 2));
        }
    }
    let error = open(file, TrackRequest::Number(3)).unwrap_err();
    assert_eq!(error.status, Status::NoTrack);
}

/// Writes the checksum of the section that starts in a packet.
fn set_checksum(packet: &mut [u8]) {
    let end = 5 + 3 + usize::from(u16::from_be_bytes([packet[6] & 0x0f, packet[7]]));
    let mut sum = Crc32::new(u32::MAX);
    sum.process_buf_bytes(&packet[5..end - 4]);
    packet[end - 4..end].copy_from_slice(&sum.crc().to_be_bytes());
}

/// Returns the packets of one PES packet of unknown length with this content.
fn pes(content: &[u8]) -> Vec<u8> {
    let bytes = [&[0, 0, 1, 0xc0, 0, 0, 0x80, 0, 0], content].concat();
    let packets = bytes.chunks_exact(PACKET - 4).enumerate().flat_map(|(n, payload)| {
        let start = if n == 0 { 0x41 } else { 0x01 };
        [&[0x47, start, 0, 0x10 | n as u8 & 0x0f], payload].concat()
    });
    packets.collect()
}

#[test]
fn streams_that_no_decoder_accepts_are_unsupported() {
    let file = audio("formats/mp2.ts");
    // Frames of mp2 in mono at 48 kHz and 384 kbit/s have 1,152 bytes.
    let frame = [&[0xff, 0xfd, 0xe4, 0xc0][..], &[0; 1_148]].concat();
    let loud = with_packets(&file, AUDIO, |n, _| match n {
        0 => pes(&frame.repeat(10)),
        _ => Vec::new(),
    });
    let described = with_packets(&audio("formats/aac.ts"), AUDIO, |n, packet| {
        if n == 0 {
            let at = packet.windows(2).position(|two| two == [0xff, 0xf1]).unwrap();
            packet[at + 2] &= 0xfe;
            packet[at + 3] &= 0x3f;
        }
        packet.clone()
    });
    for (file, found) in [
        (loud, "mp2 in mono at 384 kbit/s in MPEG-TS"),
        (described, "AAC whose frames describe the channels in MPEG-TS"),
    ] {
        let error = decode(file).unwrap_err();
        assert!(error.message.starts_with(&format!("Cannot decode {found}")), "{error}");
        assert_eq!((error.status, error.demuxer), (Status::Unsupported, Some("mpegts")));
    }
}

#[test]
fn errors_name_the_problem() {
    let file = audio("formats/aac.ts");
    let scrambled = with_packets(&file, AUDIO, |_, packet| {
        packet[3] |= 0x80;
        packet.clone()
    });
    let empty = with_packets(&file, AUDIO, |_, _| Vec::new());
    let no_audio = with_packets(&audio(LATE), 0x1000, |_, packet| {
        // The second stream of the list is the audio. It becomes subtitles.
        let at = packet.windows(3).position(|found| found == [0x0f, 0xe1, 0x01]).unwrap();
        packet[at] = 0x06;
        set_checksum(packet);
        packet.clone()
    });
    for (file, status, found) in [
        (scrambled, Status::Unsupported, "Cannot decode encrypted audio in MPEG-TS: accepted are"),
        (empty, Status::Invalid, "its audio track has no frames"),
        (no_audio, Status::Invalid, "this MPEG-TS file has no audio track"),
        (audio("formats/refused/ac3.ts"), Status::Unsupported, "Cannot decode AC-3 in MPEG-TS"),
        (audio("formats/refused/aac-latm.ts"), Status::Unsupported, "AAC in LATM in MPEG-TS"),
    ] {
        let error = decode(file).unwrap_err();
        assert_eq!(error.status, status, "{error}");
        assert!(error.message.contains(found), "{error}");
        let demuxer = (status == Status::Unsupported).then_some("mpegts");
        assert_eq!(error.demuxer, demuxer);
    }
}
