"""Serves Python's mlx-whisper on the CPU over HTTP: POST / with a 16 kHz wav file as body. The response is {"text": ...}.
One request is processed at a time, because mlx-whisper computes one at a time. GET /blas describes the BLAS library.
"""

import argparse
import ctypes
import pathlib
import sys

import mlx
import mlx.core as mx
import mlx_whisper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from transcript_server import samples_of, serve

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


def transcribe(_path, wav, language):
    return mlx_whisper.transcribe(samples_of(wav), language=language, **settings)["text"].strip()


serve(arguments.port, transcribe, {"/blas": blas})
