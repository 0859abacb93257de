"""Calls the server with OpenAI's client for Python. Prints the results as one line of JSON."""

import json
import sys
from pathlib import Path

import openai

base_url, api_key, audio = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0)
recording = Path(audio)


def error_of_unknown_model():
    try:
        client.audio.transcriptions.create(model="unknown-model", file=recording)
    except openai.APIStatusError as error:
        return {"class": type(error).__name__, "status": error.status_code, "code": error.code}
    raise AssertionError("the server accepted an unknown model")


def streamed():
    stream = client.audio.transcriptions.create(model="whisper-1", file=recording, stream=True)
    *deltas, done = stream
    return {"deltas": [event.delta for event in deltas], "done": done.text}


plain = client.audio.transcriptions.create(model="whisper-1", file=recording)
verbose = client.audio.transcriptions.create(
    model="whisper-1",
    file=recording,
    response_format="verbose_json",
    timestamp_granularities=["word"],
)
report = {
    "version": openai.__version__,
    "text": plain.text,
    "words": [{"word": word.word, "start": word.start, "end": word.end} for word in verbose.words],
    "streamed": streamed(),
    "models": [model.id for model in client.models.list()],
    "error": error_of_unknown_model(),
}
print(json.dumps(report))
