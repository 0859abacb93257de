"""Serves Python's faster-whisper over HTTP: POST /whisper-model or /batched with a wav file as body.
The response is {"text": ...}."""

import argparse
import io
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

from faster_whisper import BatchedInferencePipeline, WhisperModel

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--compute-type", required=True)
parser.add_argument("--beam", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
arguments = parser.parse_args()

model = WhisperModel(
    arguments.model, device="cpu", compute_type=arguments.compute_type, cpu_threads=arguments.threads
)
batched = BatchedInferencePipeline(model)
settings = dict(beam_size=arguments.beam, temperature=0.0, condition_on_previous_text=False, vad_filter=True)
ways = {
    "/whisper-model": lambda audio, language: model.transcribe(audio, language=language, **settings),
    "/batched": lambda audio, language: batched.transcribe(audio, language=language, batch_size=8, **settings),
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        audio = io.BytesIO(self.rfile.read(int(self.headers["content-length"])))
        segments, _ = ways[self.path](audio, self.headers["x-language"])
        body = json.dumps({"text": "".join(segment.text for segment in segments).strip()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()
