"""The HTTP server of the Python programs in the benchmarks: POST with a wav file as body and the language in the header
x-language. The response is {"text": ...}. One request is processed at a time."""

import io
import json
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer


def samples_of(wav):
    """Returns the samples of a 16-bit mono wav file as float32."""
    import numpy as np

    with wave.open(io.BytesIO(wav)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768


def serve(port, transcribe, facts=None):
    """Serves until the process is killed. `transcribe` gets the path of the URL, the wav file and the language. `facts`
    has a function for each path of a GET request; the response is the function's value."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(facts[self.path]())

        def do_POST(self):
            wav = self.rfile.read(int(self.headers["content-length"]))
            self.answer({"text": transcribe(self.path, wav, self.headers["x-language"])})

        def answer(self, value):
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    HTTPServer.request_queue_size = 64
    HTTPServer(("127.0.0.1", port), Handler).serve_forever()
