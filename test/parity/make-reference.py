"""Writes reference.json for faster-whisper.test.ts: the results of Python's faster-whisper for the recordings.

    python3 -m venv venv && venv/bin/pip install --require-hashes -r test/bench/faster-whisper/requirements.txt
    venv/bin/python test/parity/make-reference.py AUDIO_LIBRARY BASE_FOLDER TINY_EN_FOLDER > test/parity/reference.json

AUDIO_LIBRARY is the built library of ffi/audio. It decodes the recordings, so that both programs get the same samples. The
folders contain the models in CTranslate2's format. Settings: beam 5, temperature 0, full window, no voice activity
detection, no text of earlier windows. This script cuts longer recordings in pauses. reference.json contains the times of the cuts.
"""

import json
import pathlib
import sys

import numpy as np
from audio_library import RATE, decode, open_library
from faster_whisper import WhisperModel

CHUNK_MAX = 28 * RATE
repository = pathlib.Path(__file__).parents[2]


def spans(samples):
    """Yields the start and end of each part of a recording. A part has at most 28 s. It ends in the quietest 0.3 s of
    the last ten seconds before this limit."""
    start = 0
    while len(samples) - start > CHUNK_MAX:
        window = samples[start + CHUNK_MAX - 10 * RATE : start + CHUNK_MAX].astype(np.float64)
        width = 3 * RATE // 10
        energy = np.convolve(window**2, np.ones(width), "valid")
        end = start + CHUNK_MAX - 10 * RATE + int(np.argmin(energy)) + width // 2
        yield start, end
        start = end
    yield start, len(samples)


def transcribe(model, samples, words):
    segments, info = model.transcribe(
        samples,
        beam_size=5,
        temperature=0.0,
        condition_on_previous_text=False,
        vad_filter=False,
        word_timestamps=words,
    )
    return list(segments), info


def rounded(x):
    return round(float(x), 5)


def reference(model, samples):
    segments, info = transcribe(model, samples, words=False)
    timed, _ = transcribe(model, samples, words=True)
    return {
        "language": info.language,
        "segments": [
            {
                "start": rounded(s.start),
                "end": rounded(s.end),
                "text": s.text,
                "tokens": s.tokens,
                "avg_logprob": rounded(s.avg_logprob),
                "no_speech_prob": rounded(s.no_speech_prob),
            }
            for s in segments
        ],
        "words": [[w.word, rounded(w.start), rounded(w.end)] for s in timed for w in s.words],
    }


def main(library_path, base, tiny_en):
    library = open_library(library_path)
    manifest = json.loads((repository / "test/audio/manifest.json").read_text())
    clips = [(f"test/audio/{c['file']}", c["language"]) for c in manifest if c["kind"] in ("human", "long")]
    clips += [(f"samples/{p.name}", "en") for p in sorted((repository / "samples").glob("*.flac"))]
    answers = []
    for name, folder in (("base", base), ("tiny.en", tiny_en)):
        for compute_type in ("float32", "int8"):
            model = WhisperModel(folder, device="cpu", compute_type=compute_type, cpu_threads=1)
            for file, language in clips:
                if name == "tiny.en" and language != "en":
                    continue
                samples = decode(library, repository / file)
                for start, end in spans(samples):
                    answer = reference(model, samples[start:end])
                    place = {"model": name, "compute_type": compute_type, "file": file, "from": start, "to": end}
                    answers.append(place | answer)
                    print(file, start, answer["language"], file=sys.stderr)
    print("[\n" + ",\n".join(json.dumps(a, ensure_ascii=False) for a in answers) + "\n]")


main(*sys.argv[1:])
