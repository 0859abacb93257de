"""Writes parakeet-reference.json for parakeet.test.ts: the tokens of Python's parakeet-mlx for random Parakeet models.

    bun test/gguf/write-parakeet.ts SMALL_FOLDER parity mlx
    bun test/gguf/write-parakeet.ts FULL_FOLDER full mlx
    python3 -m venv venv && venv/bin/pip install -r test/bench/parakeet/requirements.txt
    venv/bin/python test/parity/make-parakeet-reference.py AUDIO_LIBRARY SMALL_FOLDER/mlx FULL_FOLDER/mlx \\
        > test/parity/parakeet-reference.json

AUDIO_LIBRARY is the built library of ffi/audio. Each answer has the ids, the start frames, the durations in frames and
the confidences of the tokens, and the smallest difference of the two largest logits.
"""

import json
import pathlib
import sys

from audio_library import decode, open_library
from parakeet_reference import load, recognize

SMALL_MAX, FULL_FILES = 30, ["jfk.flac", "en_demo-moreinfo.flac", "it_demo-moreinfo.flac"]
FRAME = 0.08
repository = pathlib.Path(__file__).parents[2]


def answer(model, name, n_mels, file, samples):
    tokens, gaps = recognize(model, samples, n_mels)
    return {
        "model": name,
        "file": file,
        "smallestGap": round(min(gaps), 6),
        "ids": [t.id for t in tokens],
        "frames": [round(t.start / FRAME) for t in tokens],
        "durations": [round(t.duration / FRAME) for t in tokens],
        "confidences": [round(t.confidence, 5) for t in tokens],
    }


def main(library_path, small, full):
    library = open_library(library_path)
    manifest = json.loads((repository / "test/audio/manifest.json").read_text())
    human = [c["file"] for c in manifest if c["kind"] == "human"]
    answers = []
    for name, folder, n_mels, files in (("parity", small, 80, human), ("full", full, 128, FULL_FILES)):
        model = load(folder)
        for file in files:
            samples = decode(library, repository / "test/audio" / file)
            if len(samples) > SMALL_MAX * 16_000:
                continue
            answers.append(answer(model, name, n_mels, file, samples))
            print(name, file, len(answers[-1]["ids"]), answers[-1]["smallestGap"], file=sys.stderr)
    print("[\n" + ",\n".join(json.dumps(a) for a in answers) + "\n]")


main(*sys.argv[1:])
