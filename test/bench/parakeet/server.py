"""Serves Parakeet over HTTP with PyPI's transcribe-cpp or with parakeet-mlx: POST / with a 16 kHz wav file as body.
The response is {"text": ...}. One request is processed at a time, because both libraries compute one at a time.
"""

import argparse
import io
import pathlib
import sys

import soundfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from transcript_server import serve

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


def transcribe(_path, wav, _language):
    samples, _ = soundfile.read(io.BytesIO(wav), dtype="float32")
    return recognize(samples)


serve(arguments.port, transcribe)
