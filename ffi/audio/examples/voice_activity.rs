//! Runs the voice activity network on raw float32 samples at 16 kHz and prints the time in seconds.
//! The benchmark compares this time with the time of onnxruntime.
//!
//! Usage: voice_activity SAMPLES

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::time::Instant;

use asr_audio::silero::{Silero, WINDOW};

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        return fail("Usage: voice_activity SAMPLES");
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => return fail(&format!("Cannot read {path}: {error}")),
    };
    let (numbers, _) = bytes.as_chunks();
    let samples: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    let mut network = Silero::new();
    let start = Instant::now();
    let (windows, _) = samples.as_chunks::<WINDOW>();
    let probabilities = windows.chunks(16).flat_map(|windows| network.judge(windows.iter()));
    let sum: f32 = probabilities.sum();
    let seconds = start.elapsed().as_secs_f64();
    // The mean probability shows whether this program and onnxruntime processed the same samples.
    let mean = sum / windows.len().max(1) as f32;
    match writeln!(stdout(), "{seconds} {mean}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(reason: &str) -> ExitCode {
    let _ = writeln!(stderr(), "{reason}");
    ExitCode::FAILURE
}
