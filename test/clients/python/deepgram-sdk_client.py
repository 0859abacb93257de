"""Calls the server with Deepgram's client for Python. Prints the results as one line of JSON."""

import json
import sys
from pathlib import Path

import deepgram
from deepgram.core.api_error import ApiError

base_url, api_key, audio = sys.argv[1:]
server = base_url.removesuffix("/v1")
environment = deepgram.DeepgramClientEnvironment(
    base=server, production=server, agent=server, agent_rest=server
)
client = deepgram.DeepgramClient(api_key=api_key, environment=environment)
recording = Path(audio).read_bytes()
once = {"max_retries": 0}


def error_of_unknown_model():
    try:
        client.listen.v1.media.transcribe_file(
            request=recording, model="unknown-model", request_options=once
        )
    except ApiError as error:
        code = error.body["err_code"]
        return {"class": type(error).__name__, "status": error.status_code, "code": code}
    raise AssertionError("the server accepted an unknown model")


response = client.listen.v1.media.transcribe_file(
    request=recording, model="nova-3", smart_format=True, utterances=True, request_options=once
)
[channel] = response.results.channels
[alternative] = channel.alternatives
assert response.metadata.channels == 1 and response.metadata.duration == 5
assert 0 < alternative.confidence < 1
assert " ".join(one.transcript for one in response.results.utterances) == alternative.transcript
try:
    client.listen.v1.media.transcribe_url(url="https://media.example/a.wav", request_options=once)
    raise AssertionError("the server accepted a URL")
except deepgram.BadRequestError as refusal:
    assert "does not download audio from a URL" in refusal.body["err_msg"]

report = {
    "version": deepgram.__version__,
    "text": alternative.transcript,
    "words": [{"word": word.word, "start": word.start, "end": word.end} for word in alternative.words],
    "error": error_of_unknown_model(),
}
print(json.dumps(report))
