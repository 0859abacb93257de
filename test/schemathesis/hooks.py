"""Hooks of Schemathesis: real audio, the names of real models, and values that go together. No schema can describe them.

The hooks replace only values that follow the schema, because the server must reject the others."""

import os
from pathlib import Path

import schemathesis
from hypothesis import strategies
from schemathesis.transport.serialization import Binary

AUDIO = Binary(Path(os.environ["OPEN_ASR_TEST_AUDIO"]).read_bytes())
DEFAULT_MODEL = "null:echo"
MODELS = {"createTranslation": os.environ["OPEN_ASR_TEST_TRANSLATION_MODEL"]}
FORMATS = ["json", "text", "srt", "vtt", "verbose_json"]
CUE_LIMITS = {"max_line_width", "max_line_count", "max_cue_seconds"}

schemathesis.openapi.format("binary", strategies.just(AUDIO))


@schemathesis.hook
def map_body(context, body):
    return with_subtitles(with_model(context, body)) if isinstance(body, dict) else body


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return with_model(context, path_parameters) if path_parameters else path_parameters


def with_model(context, values):
    operation = context.operation.definition.raw["operationId"]
    # Forms may lack the model. Then the default model, which does not translate, would be used.
    name = values.get("model", "any" if "file" in values else None)
    if not isinstance(name, str) or not 1 <= len(name) <= 1024:
        return values
    return {**values, "model": MODELS.get(operation, DEFAULT_MODEL)}


def with_subtitles(form):
    """Cue limits require a format of subtitles."""
    needs_subtitles = not CUE_LIMITS.isdisjoint(form) and form.get("response_format", "json") in FORMATS
    return {**form, "response_format": "vtt"} if needs_subtitles else form
