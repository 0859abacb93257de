"""Writes kyutai-reference.json for kyutai.test.ts: the tokens of Python's moshi-mlx for the codes of rustymimi.

    bun test/mlx/kyutai/write-kyutai.ts FOLDER small turns q4 q8 full-mimi 1b
    python3 -m venv venv && venv/bin/pip install mlx[cpu]==0.32.4 numpy==2.4.6 rustymimi==0.4.1 sentencepiece==0.2.3
    venv/bin/pip install --no-deps moshi-mlx==0.3.0
    venv/bin/python test/parity/make-kyutai-reference.py AUDIO_LIBRARY FOLDER > test/parity/kyutai-reference.json

AUDIO_LIBRARY is the built library of ffi/audio. Each answer has the tokens of all steps, the log-probabilities of the text
tokens, the smallest difference of the two largest logits, and the steps in which a turn has ended.
"""

import json
import pathlib
import sys

import numpy as np
import sentencepiece
from audio_library import decode, open_library
from kyutai_reference import RATE, check_codes, codes_of, load, padded, transcribe

# For each model, its recordings, how often each is repeated, and its maximum length in seconds.
CLIPS = {
    "small": [("jfk.flac", 1, 60), ("fr_demo-echotest.flac", 1, 60), ("jfk.flac", 33, 360)],
    "turns": [("jfk.flac", 1, 60), ("en_demo-moreinfo.flac", 1, 60)],
    "q4": [("jfk.flac", 1, 60)],
    "q8": [("jfk.flac", 1, 60)],
    "full-mimi": [("jfk.flac", 1, 60)],
    "1b": [("jfk.flac", 1, 3)],
}
TEXT = (0, 3)
repository = pathlib.Path(__file__).parents[2]


def main(library_path, folder):
    library = open_library(library_path)
    answers = []
    for name, clips in CLIPS.items():
        path = pathlib.Path(folder) / name
        if not path.exists():
            continue
        model, config = load(path)
        pieces = sentencepiece.SentencePieceProcessor(str(path / config["tokenizer_name"]))
        for file, times, seconds in clips:
            samples = np.tile(decode(library, repository / "test/audio" / file, RATE), times)[: seconds * RATE]
            audio = padded(config, samples)
            if name == "full-mimi":
                check_codes(path, config, audio)
            tokens, logprobs, gaps, ends = transcribe(model, codes_of(path, config, audio))
            answers.append(
                {
                    "model": name,
                    "file": file,
                    "times": times,
                    "samples": len(samples),
                    "smallestGap": round(min(gaps), 6),
                    "tokens": tokens,
                    "logprobs": [round(p, 4) for p, t in zip(logprobs, tokens) if t not in TEXT],
                    "turnEnds": [i for i, p in enumerate(ends) if p is not None and p > 0.5],
                    "text": "".join(pieces.id_to_piece(t).replace("\u2581", " ") for t in tokens if t not in TEXT),
                }
            )
            print(name, file, len(tokens), answers[-1]["text"][:100], answers[-1]["smallestGap"], file=sys.stderr)
    print("[\n" + ",\n".join(json.dumps(a, ensure_ascii=False) for a in answers) + "\n]")


main(*sys.argv[1:])
