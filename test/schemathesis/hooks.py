"""Hooks of Schemathesis. They insert real audio, the names of real models, and values that are valid together. A schema
cannot describe such values.

The hooks replace only values that follow the schema, because the server must reject all other values."""

import os
from pathlib import Path

import schemathesis
from hypothesis import strategies
from schemathesis.transport.serialization import Binary

AUDIO = Binary(Path(os.environ["OPEN_ASR_TEST_AUDIO"]).read_bytes())
DEFAULT_MODEL = "null:echo"
MODELS = {"createTranslation": os.environ["OPEN_ASR_TEST_TRANSLATION_MODEL"]}
FORMATS = ["json", "text", "srt", "vtt", "verbose_json"]
LATEST_DEADLINE = 86400
CUE_LIMITS = {"max_line_width", "max_line_count", "max_cue_seconds"}

schemathesis.openapi.format("binary", strategies.just(AUDIO))


@schemathesis.hook
def map_body(context, body):
    return with_subtitles(with_model(context, body)) if isinstance(body, dict) else body


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives the request a deadline that the server can meet, because it answers 504 at an earlier one."""
    deadline = case.body.get("deadline_seconds") if isinstance(case.body, dict) else None
    is_number = isinstance(deadline, (int, float)) and not isinstance(deadline, bool)
    if is_number and 0.1 <= deadline <= LATEST_DEADLINE:
        case.body["deadline_seconds"] = LATEST_DEADLINE


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return with_model(context, path_parameters) if path_parameters else path_parameters


def with_model(context, values):
    operation = context.operation.definition.raw["operationId"]
    # If a form contains no model, the server would use the default model, which does not translate.
    name = values.get("model", "any" if "file" in values else None)
    if not isinstance(name, str) or not 1 <= len(name) <= 1024:
        return values
    return {**values, "model": MODELS.get(operation, DEFAULT_MODEL)}


def with_subtitles(form):
    """Returns the form with a subtitle format if it contains limits of cues, because they require such a format."""
    needs_subtitles = not CUE_LIMITS.isdisjoint(form) and form.get("response_format", "json") in FORMATS
    return {**form, "response_format": "vtt"} if needs_subtitles else form
