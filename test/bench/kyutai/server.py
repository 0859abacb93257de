"""Serves a Kyutai model over HTTP with rustymimi and moshi-mlx on the CPU: POST / with a 24 kHz wav file as body. The
response is {"text": ...}. One request is processed at a time, because moshi-mlx has one stream for each model.
"""

import argparse
import pathlib
import sys

import sentencepiece

sys.path[:0] = [str(pathlib.Path(__file__).parents[1]), str(pathlib.Path(__file__).parents[2] / "parity")]
from kyutai_reference import codes_of, load, padded, transcribe
from transcript_server import samples_of, serve

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--model", type=pathlib.Path, required=True)
arguments = parser.parse_args()

model, config = load(arguments.model)
pieces = sentencepiece.SentencePieceProcessor(str(arguments.model / config["tokenizer_name"]))


def text_of(_path, wav, _language):
    tokens, *_ = transcribe(model, codes_of(arguments.model, config, padded(config, samples_of(wav))))
    return "".join(pieces.id_to_piece(t).replace("\u2581", " ") for t in tokens if t not in (0, 3))


serve(arguments.port, text_of)
