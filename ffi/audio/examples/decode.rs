//! Decodes a file to mono float32 at 16 kHz and writes the samples to standard output. It is used
//! for comparison with ffmpeg and for benchmarks.
//!
//! Usage: decode FILE > SAMPLES

use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use asr_audio::decode::Decoder;
use asr_audio::limits::Options;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        return fail("Usage: decode FILE > SAMPLES");
    };
    match decode(Path::new(&path)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

fn decode(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut decoder = Decoder::open(path, Options::DEFAULT)?;
    let mut samples = vec![0.0; 16_000];
    let mut bytes = Vec::new();
    loop {
        let count = decoder.read(&mut samples)?;
        if count == 0 {
            return Ok(());
        }
        bytes.clear();
        bytes.extend(samples.iter().take(count).flat_map(|sample| sample.to_le_bytes()));
        stdout().write_all(&bytes)?;
    }
}

fn fail(reason: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{reason}");
    ExitCode::FAILURE
}
