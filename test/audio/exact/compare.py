"""Compares the 16 kHz mono samples of our decoder with those of ffmpeg for each file. The signal-to-noise ratio must be at
least 40 dB without a time shift, and the lengths may differ by at most 1 ms.

Needs ffmpeg, sox and Cargo. Usage: python3 -B test/audio/exact/compare.py [--only TEXT] [--keep FOLDER]
It prints a table to standard output. The exit code is 1 if a file differs.

With --write-samples, it writes the files for test/e2e/exact.test.ts instead: shorter versions of some files, and for each
of them the samples that ffmpeg decodes (.s16: 16 bits, little-endian).
"""

import argparse
import array
import math
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

from cases import cases, refusals
from sources import RECORDINGS, make_source

REPOSITORY = Path(__file__).resolve().parents[3]
CARGO_TARGET = REPOSITORY / ".build" / "cargo"
DECODE = CARGO_TARGET / "release" / "examples" / "decode"
SECONDS = 2.0
SAMPLES_FOLDER = Path(__file__).parent / "samples"
SAMPLE_SECONDS = 0.3
# Files that --write-samples writes: one file for each codec, and one for each way to store or omit the channel layout.
SAMPLES = {
    "wav-odd-44287-mono.wav",
    "wav-plain-16000-2.1.wav",
    "wav-plain-16000-7.1.wav",
    "wav-adpcm_ms-22050-mono.wav",
    "wav-gsm-8000-mono.wav",
    "wav-mp3-44100-stereo.wav",
    "rf64-44100-mono.wav",
    "flac-mask-44100-4.0.flac",
    "flac-96000-mono.flac",
    "aiff-layout-48000-2.1.aiff",
    "au-mulaw-44100-stereo.au",
    "caf-48000-4.0.caf",
    "caf-alac-44100-stereo.caf",
    "alac-48000-3.0.m4a",
    "mp3-22050-mono.mp3",
    "mp3-vbr-48000-stereo.mp3",
    "aac-24000-stereo.aac",
    "aac-44100-stereo.m4a",
    "aac-44100-7.1.aac",
    "aac-48000-5.1.m4a",
    "aac-48000-6.0.m4a",
    "vorbis-44100-stereo.webm",
    "vorbis-48000-5.1.mkv",
    "vorbis-zlib-44100-stereo.mkv",
    "opus-12000-mono.ogg",
    "opus-48000-stereo.webm",
}
RATE = 16000
SNR_MIN_DB = 40.0
LENGTH_MAX = RATE // 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="cases whose file name contains it")
    parser.add_argument("--keep", type=Path, help="folder in which the files stay")
    parser.add_argument("--write-samples", action="store_true", help="make the files of the tests")
    arguments = parser.parse_args()
    if arguments.write_samples:
        return write_samples()
    build_decoder()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        chosen = [case for case in cases() if arguments.only in case.file]
        refused = [refusal for refusal in refusals() if arguments.only in refusal.file]
        print("| file | samples | ffmpeg's | SNR, dB | |")
        print("| --- | ---: | ---: | ---: | --- |")
        failed = [case.file for case in chosen if not compare(case, folder)]
        failed += [refusal.file for refusal in refused if not check_refusal(refusal, folder)]
    print(f"\n{len(chosen)} compared, {len(refused)} refused, {len(failed)} failed: {', '.join(failed)}")
    return 1 if failed or not chosen + refused else 0


def write_samples():
    SAMPLES_FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for case in cases():
            if case.file in SAMPLES:
                path = encode(case, Path(temporary), SAMPLE_SECONDS)
                (SAMPLES_FOLDER / case.file).write_bytes(path.read_bytes())
                reference = decode_by_ffmpeg(case, path, "s16le")
                end = 2 * round(SAMPLE_SECONDS * RATE) if case.exact_length else len(reference)
                (SAMPLES_FOLDER / f"{case.file}.s16").write_bytes(reference[:end])
    return 0


def build_decoder():
    manifest = REPOSITORY / "ffi" / "audio" / "Cargo.toml"
    command = ["cargo", "build", "--release", "--quiet", "--example", "decode"]
    run([*command, "--manifest-path", manifest, "--target-dir", CARGO_TARGET])


def compare(case, folder):
    path = encode(case, folder, SECONDS)
    reference = floats(decode_by_ffmpeg(case, path, "f32le"))
    decoded = subprocess.run([DECODE, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if decoded.returncode != 0:
        return row(case.file, "", len(reference), "", decoded.stderr.decode().strip())
    ours = floats(decoded.stdout)
    snr = snr_db(ours, reference)
    expected = round((SECONDS - case.cut) * RATE) if case.exact_length else len(reference)
    problems = []
    if snr < SNR_MIN_DB:
        problems.append(f"under {SNR_MIN_DB:.0f} dB")
    if abs(len(ours) - expected) > LENGTH_MAX:
        problems.append(f"expected {expected} samples")
    return row(case.file, len(ours), len(reference), f"{snr:.1f}", "; ".join(problems))


def check_refusal(refusal, folder):
    path = folder / refusal.file
    layout = {6: "5.1", 8: "7.1"}[refusal.channels]
    source = make_source(folder / f"source-48000-{layout}.f32", 48000, layout, refusal.channels, SECONDS)
    run([*FFMPEG, *source, *refusal.encode, path])
    decoded = subprocess.run([DECODE, path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = decoded.stderr.decode().strip()
    refused = decoded.returncode != 0 and refusal.words in message
    print(f"| {refusal.file} | | | | refused: {message} |")
    return refused


# --- internal ---

FFMPEG = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
# ffmpeg must scale the weights of the downmix so that the sum cannot clip, as it does by default for 16-bit files.
MIX = ["-ac", "1", "-ar", str(RATE), "-rematrix_maxval", "1"]


def decode_by_ffmpeg(case, path, kind):
    decoder = ["-c:a", case.decoder] if case.decoder else []
    return run([*FFMPEG, *decoder, "-i", path, *MIX, "-f", kind, "-"])


def encode(case, folder, seconds):
    source = folder / f"source-{case.rate}-{case.layout}.f32"
    arguments = make_source(source, case.rate, case.layout, case.channels, seconds)
    path = folder / case.file
    if case.cut > 0:
        whole = path.with_stem("whole")
        run([*FFMPEG, *arguments, *case.encode, whole])
        run([*FFMPEG, "-ss", case.cut, "-i", whole, "-c", "copy", path])
        return path
    if case.after == "":
        run([*FFMPEG, *arguments, *case.encode, path])
        return path
    if case.after == "zlib":
        plain = path.with_stem("plain")
        run([*FFMPEG, *arguments, *case.encode, plain])
        run([sys.executable, "-B", RECORDINGS / "compress-matroska.py", "--configuration", plain, path])
        return path
    unfinished = folder / "unfinished.wav"
    run([*FFMPEG, *arguments, "-c:a", "pcm_s16le", unfinished])
    if case.after == "sox":
        run(["sox", unfinished, path])
    elif case.after == "sox-gsm":
        run(["sox", unfinished, "-e", "gsm-full-rate", path])
    else:
        # The module `wave` writes the old header, which contains the number of channels but not their layout.
        frames = run([*FFMPEG, "-i", unfinished, "-f", "s16le", "-"])
        with wave.open(str(path), "wb") as plain:
            plain.setparams((case.channels, 2, case.rate, 0, "NONE", ""))
            plain.writeframes(frames)
    return path


def run(command):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE).stdout


def floats(raw):
    return array.array("f", raw[: len(raw) // 4 * 4])


def snr_db(samples, reference):
    """Returns the power of the reference divided by the power of the difference, in dB. Ignores samples that only the longer
    of the two signals has."""
    signal = sum(b * b for _, b in zip(samples, reference))
    noise = sum((a - b) ** 2 for a, b in zip(samples, reference))
    return 10 * math.log10(max(signal, 1e-30) / max(noise, 1e-30))


def row(file, ours, reference, snr, problem):
    print(f"| {file} | {ours} | {reference} | {snr} | {problem} |", flush=True)
    return problem == ""


if __name__ == "__main__":
    sys.exit(main())
