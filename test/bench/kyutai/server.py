"""Serves a Kyutai model over HTTP with rustymimi and moshi-mlx on the CPU: POST / with a 24 kHz wav file as body. The
response is {"text": ...}. One request is processed at a time, because moshi-mlx has one stream for each model.
"""

import argparse
import io
import json
import pathlib
import sys
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import sentencepiece

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "parity"))
from kyutai_reference import codes_of, load, padded, transcribe

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--model", type=pathlib.Path, required=True)
arguments = parser.parse_args()

model, config = load(arguments.model)
pieces = sentencepiece.SentencePieceProcessor(str(arguments.model / config["tokenizer_name"]))


def text_of(samples):
    tokens, *_ = transcribe(model, codes_of(arguments.model, config, padded(config, samples)))
    return "".join(pieces.id_to_piece(t).replace("\u2581", " ") for t in tokens if t not in (0, 3))


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        with wave.open(io.BytesIO(self.rfile.read(int(self.headers["content-length"])))) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
        body = json.dumps({"text": text_of(samples)}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


HTTPServer.request_queue_size = 64
HTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()
