"""Writes parakeet-reference.json for the tests of Parakeet: the tokens of Python's parakeet-mlx for random models.

    bun test/mlx/write-parakeet.ts SMALL_FOLDER
    bun test/gguf/write-parakeet.ts FULL_FOLDER full mlx
    python3 -m venv venv && venv/bin/pip install -r test/bench/parakeet/requirements.txt
    venv/bin/python test/parity/make-parakeet-reference.py AUDIO_LIBRARY SMALL_FOLDER FULL_FOLDER/mlx \\
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
VARIANT_FILES = ["jfk.flac", "en_agent-user.flac", "fr_vm-intro.flac", "ru_followme_status.flac"]
N_BEAMS = 5
FRAME = 0.08
repository = pathlib.Path(__file__).parents[2]


def main(library_path, small, full):
    library = open_library(library_path)
    manifest = json.loads((repository / "test/audio/manifest.json").read_text())
    human = [c["file"] for c in manifest if c["kind"] == "human"]
    small = pathlib.Path(small)
    answers = []

    def answer(name, folder, files, **options):
        model = load(str(folder))
        for file in files:
            samples = decode(library, repository / "test/audio" / file)
            if len(samples) > SMALL_MAX * 16_000:
                continue
            tokens, gaps = recognize(model, samples, **options)
            answers.append(
                {
                    "model": name,
                    "file": file,
                    "smallestGap": round(min(gaps), 6),
                    "ids": [t.id for t in tokens],
                    "frames": [round(t.start / FRAME) for t in tokens],
                    "durations": [round(t.duration / FRAME) for t in tokens],
                    "confidences": [round(t.confidence, 5) for t in tokens],
                }
            )
            print(name, file, len(tokens), answers[-1]["smallestGap"], file=sys.stderr)

    answer("parity", small / "tdt", human, with_nemo_features=True)
    answer("tdt", small / "tdt", human)
    for variant in ("rnnt", "ctc", "hybrid", "local", "biases", "bf16"):
        answer(variant, small / variant, VARIANT_FILES)
    answer("beam", small / "tdt", VARIANT_FILES, n_beams=N_BEAMS)
    answer("full", full, FULL_FILES, with_nemo_features=True)
    answer("full-tdt", full, FULL_FILES)
    print("[\n" + ",\n".join(json.dumps(a) for a in answers) + "\n]")


main(*sys.argv[1:])
