//! Tests properties that must not depend on the length of the file: the memory, the time to the
//! first samples, and the time to cancel.

#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing)]

mod memory;
mod mp4;
mod recordings;

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::Status;
use memory::{MEGABYTE, alone, growth};
use mp4::mp4_box;
use recordings::format;
use symphonia::core::io::MediaSource;

const OPTIONS: Options = Options { channels_max: 8, ..Options::DEFAULT };

/// A large virtual file. It consists of byte strings and the number of repetitions of each string.
#[derive(Clone)]
struct LongFile {
    pieces: Vec<(Vec<u8>, u64)>,
    position: u64,
    read: Arc<AtomicU64>,
    /// Sets the cancel flag after this number of bytes was read.
    cancel_at: Option<(u64, &'static AtomicI32)>,
}

impl LongFile {
    fn new(pieces: &[(&[u8], u64)]) -> Self {
        let pieces = pieces.iter().map(|(bytes, times)| (bytes.to_vec(), *times)).collect();
        LongFile { pieces, position: 0, read: Arc::default(), cancel_at: None }
    }

    fn len(&self) -> u64 {
        self.pieces.iter().map(|(bytes, times)| bytes.len() as u64 * times).sum()
    }

    fn open(self, options: Options) -> asr_audio::status::Result<Decoder> {
        let len = self.len();
        Decoder::open_source(self, len, options)
    }
}

impl Read for LongFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut start = self.position;
        for (bytes, times) in &self.pieces {
            let len = bytes.len() as u64;
            if start < len * times {
                let count = bytes[(start % len) as usize..].as_ref().read(buffer)?;
                self.position += count as u64;
                let read = self.read.fetch_add(count as u64, Relaxed) + count as u64;
                if let Some((_, flag)) = self.cancel_at.filter(|(at, _)| read >= *at) {
                    flag.store(1, Relaxed);
                }
                return Ok(count);
            }
            start -= len * times;
        }
        Ok(0)
    }
}

impl Seek for LongFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.position = match position {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(offset) => self.position.saturating_add_signed(offset),
            SeekFrom::End(offset) => self.len().saturating_add_signed(offset),
        };
        Ok(self.position)
    }
}

impl MediaSource for LongFile {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}

/// Decodes up to `seconds` of audio. Returns the number of samples and the maximum growth of memory
/// in bytes.
fn measure(file: LongFile, seconds: usize) -> (usize, usize) {
    growth(|| {
        let mut decoder = file.open(OPTIONS).unwrap();
        let mut block = vec![0.0; 16_000];
        let read = (0..seconds).map(|_| decoder.read(&mut block).unwrap());
        read.take_while(|count| *count > 0).sum::<usize>() / 16_000
    })
}

/// Returns the start and the end of a top-level box of an mp4 file.
fn find_box(file: &[u8], kind: &[u8; 4]) -> (usize, usize) {
    let mut start = 0;
    loop {
        let size = u32::from_be_bytes(file[start..start + 4].try_into().unwrap()) as usize;
        if &file[start + 4..start + 8] == kind {
            return (start, start + size);
        }
        start += size;
    }
}

#[test]
fn memory_does_not_grow_with_fragments() {
    let _alone = alone();
    let file = format("aac-fragmented.mp4");
    let (start, _) = find_box(&file, b"moof");
    let (end, _) = find_box(&file, b"mfra");
    // The file contains an hour and a half of audio in fragments of 500 ms. It also contains ten
    // times as many fragments without samples.
    let empty = mp4_box(b"moof", &mp4_box(b"mfhd", &[0; 8])).repeat(60);
    let fragments = [&file[start..end], &empty].concat();
    let long = LongFile::new(&[(&file[..start], 1), (&fragments, 1_800)]);
    let (seconds, bytes) = measure(long, usize::MAX);
    assert!(seconds > 5_000, "{seconds} s");
    assert!(bytes < MEGABYTE, "{bytes} bytes");
}

#[test]
fn memory_does_not_grow_with_sample_tables() {
    let _alone = alone();
    let file = format("aac.m4a");
    let at = |name: &[u8]| file.windows(4).position(|found| found == name).unwrap() - 4;
    let fields =
        |fields: &[u32]| fields.iter().flat_map(|field| field.to_be_bytes()).collect::<Vec<u8>>();
    // The file lasts ten hours. Every mp4 sample (packet) is a copy of the first one, in a chunk of
    // its own.
    let count = 1_550_000;
    let times = mp4_box(b"stts", &fields(&[0, 1, count, 1_024]));
    let chunks = mp4_box(b"stsc", &fields(&[0, 1, 1, 1, 1]));
    let sizes = [&fields(&[20 + 4 * count]), b"stsz".as_slice(), &fields(&[0, 0, count])].concat();
    let offsets = [&fields(&[16 + 4 * count]), b"stco".as_slice(), &fields(&[0, count])].concat();
    let (size, offset) = (at(b"stsz") + 20, at(b"stco") + 16);
    let tables_at = at(b"stts");
    let tables = times.len() + chunks.len() + sizes.len() + offsets.len() + 8 * count as usize;
    // The sizes of the boxes that contain the tables are increased. The edit list is removed,
    // because it would end the audio after three seconds.
    let mut head = file[..tables_at].to_vec();
    for kind in [b"moov", b"trak", b"mdia", b"minf", b"stbl"] {
        let start = at(kind);
        let size = (tables_at - start + tables) as u32;
        head[start..start + 4].copy_from_slice(&size.to_be_bytes());
    }
    let edits = at(b"edts") + 4;
    head[edits..edits + 4].copy_from_slice(b"free");
    let long = LongFile::new(&[
        (&head, 1),
        (&times, 1),
        (&chunks, 1),
        (&sizes, 1),
        (&file[size..size + 4], count.into()),
        (&offsets, 1),
        (&file[offset..offset + 4], count.into()),
    ]);
    let (seconds, bytes) = measure(long, 300);
    assert_eq!(seconds, 300);
    assert!(bytes < MEGABYTE, "{bytes} bytes");
}

#[test]
fn pictures_and_attachments_use_no_memory() {
    let _alone = alone();
    let picture = vec![0; 1 << 16];
    let pictures = 1u64 << 8;
    let bytes = (picture.len() as u64 * pictures) as u32;
    let synchsafe = [21, 14, 7, 0].map(|shift| (bytes >> shift & 0x7f) as u8);
    let id3 = [b"ID3\x04\0\0".as_slice(), &synchsafe].concat();
    let flac = format("flac-streamed.flac");
    let (flac_info, flac_rest) = flac.split_at(4 + 4 + 34);
    let block = [&[6], &(bytes - 1).to_be_bytes()[1..]].concat();
    let webm = format("opus.webm");
    let cluster = webm.windows(4).position(|found| found == b"\x1f\x43\xb6\x75").unwrap();
    let attachments = [b"\x19\x41\xa4\x69\x01\0\0\0".as_slice(), &bytes.to_be_bytes()].concat();
    for (name, file) in [
        ("mp3", LongFile::new(&[(&id3, 1), (&picture, pictures), (&format("mp3.mp3"), 1)])),
        ("adts", LongFile::new(&[(&id3, 1), (&picture, pictures), (&format("aac.aac"), 1)])),
        ("flac with a tag", LongFile::new(&[(&id3, 1), (&picture, pictures), (&flac, 1)])),
        (
            "flac with a picture",
            LongFile::new(&[
                (flac_info, 1),
                (&block, 1),
                (&picture, pictures - 1),
                (&picture[1..], 1),
                (flac_rest, 1),
            ]),
        ),
        (
            "webm",
            LongFile::new(&[
                (&webm[..cluster], 1),
                (&attachments, 1),
                (&picture, pictures),
                (&webm[cluster..], 1),
            ]),
        ),
    ] {
        let (seconds, bytes) = measure(file, usize::MAX);
        assert_eq!(seconds, 3, "{name}");
        assert!(bytes < MEGABYTE, "{name}: {bytes} bytes");
    }
}

#[test]
fn returns_first_samples_before_the_whole_file_is_read() {
    let _alone = alone();
    for name in [
        "aac-faststart.mp4",
        "aac.aac",
        "aiff.aiff",
        "au-s16be.au",
        "caf.caf",
        "flac.flac",
        "flac.ogg",
        "mp3.mp3",
        "opus.webm",
        "vorbis.ogg",
        "wav-s16le.wav",
    ] {
        let file = format(name);
        let long = LongFile::new(&[(&file, 200)]);
        let (len, read) = (long.len(), Arc::clone(&long.read));
        let mut decoder = long.open(OPTIONS).unwrap();
        assert_eq!(decoder.read(&mut [0.0; 1_600]).unwrap(), 1_600, "{name}");
        let read = read.load(Relaxed);
        assert!(read < len / 4 && read < 512 << 10, "{name}: {read} bytes of {len} were read");
    }
}

#[test]
fn a_read_without_audible_samples_returns_after_its_time_slice() {
    let _alone = alone();
    let mut file = format("aac.m4a");
    let edits = file.windows(4).position(|found| found == b"elst").unwrap();
    // The field after version, count and length is the start of the edit. The test sets it to half
    // a day.
    file[edits + 16..edits + 20].copy_from_slice(&i32::MAX.to_be_bytes());
    let mut decoder = LongFile::new(&[(&file, 1)]).open(OPTIONS).unwrap();
    let mut block = [0.0; 16_000];
    let mut turns = 0;
    let error = loop {
        match decoder.read_within(Duration::ZERO, &mut block) {
            Ok(count) => assert_eq!(count, None),
            Err(error) => break error,
        }
        turns += 1;
    };
    assert!(turns > 100, "{turns} turns");
    assert_eq!(error.status, Status::Invalid);
    assert!(error.message.contains("contains no audio"), "{error}");
}

#[test]
fn time_slices_do_not_change_the_samples() {
    let _alone = alone();
    for name in ["mp3.mp3", "opus.ogg", "wav-s16le.wav"] {
        let open = || LongFile::new(&[(&format(name), 1)]).open(OPTIONS).unwrap();
        let (mut whole, mut by_turns) = (vec![0.0; 1 << 16], vec![0.0; 1 << 16]);
        let (mut one, mut other) = (open(), open());
        let mut turns = 0;
        let mut read_on = |out: &mut [f32]| loop {
            turns += 1;
            if let Some(count) = other.read_within(Duration::ZERO, out).unwrap() {
                return count;
            }
        };
        let count = one.read(&mut whole).unwrap();
        let (first, rest) = by_turns.split_at_mut(10_000);
        assert_eq!((read_on(first), read_on(rest)), (10_000, count - 10_000), "{name}");
        assert!(whole == by_turns, "{name}");
        assert!(turns > 3, "{name}: {turns} turns");
    }
}

#[test]
fn another_thread_cancels_a_read() {
    static CANCEL: AtomicI32 = AtomicI32::new(0);
    let _alone = alone();
    let odd_rate = wav_head(767_999);
    for (name, file) in [
        ("aac.aac", LongFile::new(&[(&format("aac.aac"), 2_000)])),
        ("chained-rates.ogg", LongFile::new(&[(&format("chained-rates.ogg"), 2_000)])),
        ("flac.ogg", LongFile::new(&[(&format("flac.ogg"), 2_000)])),
        ("mp3-switching.mp3", LongFile::new(&[(&format("mp3-switching.mp3"), 2_000)])),
        ("opus.ogg", LongFile::new(&[(&format("opus.ogg"), 2_000)])),
        ("vorbis.ogg", LongFile::new(&[(&format("vorbis.ogg"), 2_000)])),
        ("wav of an odd rate", LongFile::new(&[(&odd_rate, 1), (&[0; 1 << 16], 1 << 15)])),
    ] {
        CANCEL.store(0, Relaxed);
        let options = Options { cancel: Some(&CANCEL), ..OPTIONS };
        let other = std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            CANCEL.store(1, Relaxed);
            Instant::now()
        });
        let mut block = vec![0.0; 16_000];
        let mut decoder = file.open(options).unwrap();
        let stopped = std::iter::repeat_with(|| decoder.read(&mut block)).find(|read| {
            assert_ne!(*read.as_ref().unwrap_or(&1), 0, "{name} ended before it was cancelled");
            read.is_err()
        });
        let error = stopped.unwrap().unwrap_err();
        let late = other.join().unwrap().elapsed();
        assert_eq!(error.status, Status::Cancelled, "{name}");
        // A cancel takes a few milliseconds. The limit is higher than that, because the machine may
        // be busy.
        assert!(late < Duration::from_secs(1), "{name}: {late:?}");
    }
}

/// Returns the header of a wav file with 16 bits per sample and the maximum length.
fn wav_head(rate: u32) -> Vec<u8> {
    let format = [[1u16, 1].map(u16::to_le_bytes).concat(), rate.to_le_bytes().to_vec()].concat();
    let format = [&*format, &(2 * rate).to_le_bytes(), &[2, 0, 16, 0]].concat();
    [b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0", &*format, b"data\xff\xff\xff\x7f"].concat()
}

#[test]
fn a_cancel_stops_a_search() {
    let _alone = alone();
    static CANCEL: AtomicI32 = AtomicI32::new(0);
    let nothing = vec![0; 1 << 16];
    let webm = format("opus.webm");
    let mp3 = format("mp3.mp3");
    for (name, head) in
        [("ogg", b"OggS".as_slice()), ("matroska", &webm[..webm.len() / 2]), ("mp3", &mp3)]
    {
        let mut file = LongFile::new(&[(head, 1), (&nothing, 1 << 12)]);
        let (at, read) = (head.len() as u64 + 300_000, Arc::clone(&file.read));
        file.cancel_at = Some((at, &CANCEL));
        CANCEL.store(0, Relaxed);
        let options = Options { cancel: Some(&CANCEL), ..OPTIONS };
        let mut block = vec![0.0; 16_000];
        let mut outcome = file.open(options);
        let error = loop {
            match outcome.as_mut().map(|decoder| decoder.read(&mut block)) {
                Ok(Ok(0)) => break None,
                Ok(Ok(_)) => {}
                Ok(Err(error)) => break Some(error),
                Err(error) => break Some(error.clone()),
            }
        };
        assert_eq!(error.map(|error| error.status), Some(Status::Cancelled), "{name}");
        let late = read.load(Relaxed) - at;
        assert!(late < 128 << 10, "{name}: {late} bytes were read after it was cancelled");
    }
}
