"""Serves Parakeet over HTTP with PyPI's transcribe-cpp or with parakeet-mlx: POST / with a 16 kHz wav file as body.
The response is {"text": ...}. One request is processed at a time, because both libraries compute one at a time.
"""

import argparse
import io
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

import soundfile

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--engine", choices=["transcribe-cpp", "parakeet-mlx"], required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--threads", type=int, required=True)
arguments = parser.parse_args()


def transcribe_cpp():
    import transcribe_cpp

    session = transcribe_cpp.Model(arguments.model, backend="cpu").session(n_threads=arguments.threads)
    return lambda samples: session.run(samples).text


def parakeet_mlx():
    import mlx.core as mx
    from parakeet_mlx.audio import get_logmel
    from parakeet_mlx.utils import from_pretrained

    mx.disable_compile()  # on a CPU, MLX compiles with g++ at run time
    model = from_pretrained(arguments.model, dtype=mx.float32)
    return lambda samples: model.generate(get_logmel(mx.array(samples), model.preprocessor_config))[0].text


recognize = transcribe_cpp() if arguments.engine == "transcribe-cpp" else parakeet_mlx()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        audio = io.BytesIO(self.rfile.read(int(self.headers["content-length"])))
        samples, _ = soundfile.read(audio, dtype="float32")
        body = json.dumps({"text": recognize(samples)}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


HTTPServer.request_queue_size = 64
HTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()
