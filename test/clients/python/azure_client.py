"""Calls the server with OpenAI's client for Azure in Python. Prints the results as one line of JSON."""

import json
import sys
from pathlib import Path

import openai

base_url, api_key, audio = sys.argv[1:]
client = openai.AzureOpenAI(
    azure_endpoint=base_url.removesuffix("/v1"),
    api_key=api_key,
    api_version="2024-10-21",
    max_retries=0,
)
recording = Path(audio)


def error_of_unknown_deployment():
    try:
        client.audio.transcriptions.create(model="unknown-model", file=recording)
    except openai.APIStatusError as error:
        return {"class": type(error).__name__, "status": error.status_code, "code": error.code}
    raise AssertionError("the server accepted an unknown deployment")


plain = client.audio.transcriptions.create(model="whisper", file=recording)
translation = client.audio.translations.create(model="whisper", file=recording)
# The texts may differ by a word, because the weights have only 8 bits.
assert "fellow americans" in translation.text.lower()
verbose = client.audio.transcriptions.create(
    model="whisper",
    file=recording,
    response_format="verbose_json",
    timestamp_granularities=["word"],
)
*deltas, done = client.audio.transcriptions.create(model="whisper", file=recording, stream=True)
report = {
    "version": openai.__version__,
    "text": plain.text,
    "words": [{"word": word.word, "start": word.start, "end": word.end} for word in verbose.words],
    "streamed": {"deltas": [event.delta for event in deltas], "done": done.text},
    "error": error_of_unknown_deployment(),
}
print(json.dumps(report))
