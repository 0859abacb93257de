//! Contains the code that all fuzz targets share. It decodes the input of the fuzzer as an audio
//! file and checks the results. It uses low limits on memory and length. libFuzzer detects crashes
//! and hangs.

pub mod allocations;
pub mod forge;
pub mod packets;
pub mod panics;

use std::io::Cursor;
use std::sync::Arc;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;
use asr_audio::status::{Error, Result, Status};

/// Environment variable that contains a file path. If it is set, the target writes the decoder's
/// input to this file and prints the result. The decoder's input may differ from the fuzzer's
/// input, because a target may change it.
const SAVE: &str = "ASR_FUZZ_SAVE";
/// Maximum memory in bytes for one file.
const BYTES_MAX: usize = 40 << 20;
/// Maximum length in seconds of the audio that is decoded from one file.
const SECONDS_MAX: f64 = 0.5;
const OPTIONS: Options = Options { channels_max: 8, ..Options::DEFAULT };

/// Opens the bytes as a file. This reads only the headers.
pub fn open(file: &[u8]) {
    guarded(file, |file| {
        check(open_at(file, 16_000).map(|_| ()));
    });
}

/// Decodes the start of the file without resampling, because the resampler would take most of the
/// time.
pub fn decode(file: &[u8]) {
    guarded(file, |file| {
        check(open_at(file, 16_000).and_then(|decoder| {
            let rate = decoder.info().sample_rate;
            drop(decoder);
            read_all(open_at(file, rate)?, rate)
        }));
    });
}

/// Decodes the start of the file and resamples it to 16 kHz, as the server does.
pub fn decode_and_resample(file: &[u8]) {
    guarded(file, |file| {
        check(open_at(file, 16_000).and_then(|decoder| read_all(decoder, 16_000)))
    });
}

fn guarded(file: &[u8], body: impl FnOnce(&Arc<[u8]>)) {
    if let Some(path) = std::env::var_os(SAVE) {
        std::fs::write(path, file).expect("the path in ASR_FUZZ_SAVE can be written");
    }
    let file = Arc::from(file);
    panics::watch(&file);
    allocations::within(BYTES_MAX, || body(&file));
}

fn open_at(file: &Arc<[u8]>, sample_rate: u32) -> Result<Decoder> {
    let options = Options { sample_rate, ..OPTIONS };
    Decoder::open_source(Cursor::new(Arc::clone(file)), file.len() as u64, options)
}

fn read_all(mut decoder: Decoder, sample_rate: u32) -> Result<()> {
    let mut block = [0.0; 4_096];
    let mut total = 0;
    while total < (SECONDS_MAX * f64::from(sample_rate)) as usize {
        let count = decoder.read(&mut block)?;
        let samples = &block[..count];
        assert!(samples.iter().all(|sample| sample.abs() <= 1.0), "a sample is out of range");
        total += count;
        if count < block.len() {
            assert_eq!(decoder.read(&mut block)?, 0, "goes on after its end");
            break;
        }
    }
    Ok(())
}

/// Checks that a failure is an error of the file, not of the system. The input is in memory, so the
/// system cannot cause an error.
fn check(outcome: Result<()>) {
    if std::env::var_os(SAVE).is_some() {
        eprintln!("{outcome:?}");
    }
    if let Err(Error {
        status: Status::Internal | Status::Io | Status::BadArgument, message, ..
    }) = outcome
    {
        panic!("not blamed on the file: {message}");
    }
}
