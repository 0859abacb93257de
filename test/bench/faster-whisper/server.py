"""Serves Python's faster-whisper over HTTP: POST /whisper-model or /batched with a wav file as body.
The response is {"text": ...}."""

import argparse
import io
import pathlib
import sys

from faster_whisper import BatchedInferencePipeline, WhisperModel

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from transcript_server import serve

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


def transcribe(path, wav, language):
    segments, _ = ways[path](io.BytesIO(wav), language)
    return "".join(segment.text for segment in segments).strip()


serve(arguments.port, transcribe)
