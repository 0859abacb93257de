"""Calls the server with LiteLLM. Prints the results as one line of JSON."""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

# LiteLLM reads this variable when it is imported. Without it, LiteLLM downloads a list of prices.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
import openai

base_url, api_key, audio = sys.argv[1:]


def transcribe(model, **options):
    with Path(audio).open("rb") as file:
        return litellm.transcription(
            model=f"openai/{model}",
            file=file,
            api_base=base_url,
            api_key=api_key,
            max_retries=0,
            **options,
        )


def error_of_unknown_model():
    try:
        transcribe("unknown-model")
    except openai.NotFoundError as error:
        return {"class": "openai.NotFoundError", "status": error.status_code, "code": error.code}
    raise AssertionError("the server accepted an unknown model")


plain = transcribe("whisper-1")
verbose = transcribe(
    "whisper-1",
    response_format="verbose_json",
    timestamp_granularities=["word"],
)
report = {
    "version": version("litellm"),
    "text": plain.text,
    "words": [dict(word) for word in verbose.words],
    "error": error_of_unknown_model(),
}
print(json.dumps(report))
