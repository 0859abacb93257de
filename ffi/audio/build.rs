//! Locates the weights of the voice activity network, which are not in the repository.

// Build scripts send instructions to Cargo on standard output.
#![allow(clippy::print_stdout)]

use std::path::Path;

/// Total size of the tensors in vendor/models/silero.ts, in bytes.
const BYTES: u64 = 974_340;

fn main() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.build/models/silero-vad-16k.f32");
    println!("cargo::rerun-if-changed={}", path.display());
    println!("cargo::rustc-env=SILERO_WEIGHTS={}", path.display());
    if path.metadata().map(|file| file.len()).ok() != Some(BYTES) {
        println!(
            "cargo::error=The weights of the voice activity network are missing or incomplete at {}: \
             run `npm run build` to create them",
            path.display()
        );
    }
}
