"""Serves Python's mlx-whisper on the CPU over HTTP: POST / with a 16 kHz wav file as body. The response is {"text": ...}.
One request is processed at a time, because mlx-whisper computes one at a time. GET /blas describes the BLAS library.
"""

import argparse
import ctypes
import io
import json
import pathlib
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer

import mlx
import mlx.core as mx
import mlx_whisper
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--model", required=True)
arguments = parser.parse_args()

mx.set_default_device(mx.cpu)
mx.disable_compile()  # on a CPU, MLX compiles with g++ at run time
settings = dict(
    path_or_hf_repo=arguments.model,
    temperature=0.0,
    fp16=False,
    condition_on_previous_text=False,
)


def blas():
    folder = pathlib.Path(mlx.__path__[0]).parent / "mlx_cpu.libs"
    library = ctypes.CDLL(str(folder / "libscipy_openblas.so"))
    library.scipy_openblas_get_config.restype = ctypes.c_char_p
    return {"library": library.scipy_openblas_get_config().decode(), "threads": library.scipy_openblas_get_num_threads()}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(blas())

    def do_POST(self):
        with wave.open(io.BytesIO(self.rfile.read(int(self.headers["content-length"])))) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
        found = mlx_whisper.transcribe(samples, language=self.headers["x-language"], **settings)
        self.answer({"text": found["text"].strip()})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


HTTPServer.request_queue_size = 64
HTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()
