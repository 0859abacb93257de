"""Calls the route of whisper-asr-webservice with requests. Prints the results as one line of JSON."""

import json
import sys
from pathlib import Path

import requests

base_url, api_key, audio = sys.argv[1:]
url = base_url.removesuffix("/v1") + "/asr"
headers = {"Authorization": f"Bearer {api_key}"}
recording = Path(audio).read_bytes()


def asr(content=recording, **options):
    files = {"audio_file": ("speech.flac", content)}
    return requests.post(url, params=options, files=files, headers=headers, timeout=60)


def error_of_unknown_model():
    response = asr(model="unknown-model")
    try:
        response.raise_for_status()
    except requests.HTTPError as error:
        detail = response.json()["detail"]
        return {"class": type(error).__name__, "status": response.status_code, "code": detail}
    raise AssertionError("the server accepted an unknown model")


result = asr(task="transcribe", language="en", output="json", word_timestamps="true").json()
words = [word for segment in result["segments"] for word in segment["words"]]
assert result["language"] == "en"
assert asr(output="srt").text.startswith("1\n00:00:0")
assert asr(output="txt").text.strip() == result["text"]
wrong = asr(output="xml")
assert wrong.status_code == 422 and wrong.json()["detail"][0]["loc"] == ["query", "output"]
# Silence as Bazarr sends it: samples of 16 bits at 16 kHz without a header.
assert asr(bytes(32_000), encode="false").text == ""
report = {
    "version": requests.__version__,
    "text": result["text"],
    "words": [{"word": word["word"], "start": word["start"], "end": word["end"]} for word in words],
    "error": error_of_unknown_model(),
}
print(json.dumps(report))
