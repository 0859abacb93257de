"""Writes vad-reference.json for ffi/audio/tests/voice_activity.rs: the results of Silero's own code for some recordings.

Needs numpy, onnxruntime and soundfile, and the pinned package: bun vendor/fetch.ts silero-vad.
With folders of raw float32 samples (NAME.f32) as arguments, writes their probabilities to NAME.vad instead.
"""

import importlib.util
import json
import sys
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import onnxruntime
import soundfile

HERE = Path(__file__).parent
PACKAGE = HERE.parent.parent / ".build" / "vendor" / "silero-vad" / "silero_vad"
WINDOW, CONTEXT = 512, 64
CLIPS = ["en_tt-allbusy.flac", "es_tt-allbusy.flac", "fr_demo-echotest.flac", "noise_20s.flac"]
# The first entry has the defaults of faster-whisper, the second has those of Silero. The others cover every rule.
OPTIONS = [
    dict(min_speech_duration_ms=0, min_silence_duration_ms=2000, speech_pad_ms=400),
    dict(min_speech_duration_ms=250, min_silence_duration_ms=100, speech_pad_ms=30),
    dict(min_speech_duration_ms=300, min_silence_duration_ms=100, speech_pad_ms=300),
    dict(min_speech_duration_ms=0, min_silence_duration_ms=0, speech_pad_ms=0),
    dict(min_speech_duration_ms=100, min_silence_duration_ms=64, speech_pad_ms=100, threshold=0.9, neg_threshold=0.8),
]


def load_silero():
    """Loads Silero's module without torch, because the functions that this script calls do not need torch."""
    sys.modules["torch"] = MagicMock()
    spec = importlib.util.spec_from_file_location("utils_vad", PACKAGE / "utils_vad.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def probabilities(session, samples):
    padded = np.pad(samples, (CONTEXT, -len(samples) % WINDOW)).astype(np.float32)
    state = np.zeros((2, 1, 128), np.float32)
    found = []
    for start in range(0, len(padded) - CONTEXT, WINDOW):
        window = padded[None, start : start + CONTEXT + WINDOW]
        out, state = session.run(None, {"input": window, "state": state, "sr": np.array(16000, np.int64)})
        found.append(float(out[0, 0]))
    return found


def random_walk(generator, windows):
    """Returns random probabilities that stay, drift and jump, like those of speech."""
    steps = generator.normal(0, 1.2, windows) + (generator.random(windows) < 0.05) * generator.normal(0, 6, windows)
    logits = np.empty(windows)
    at = -2.0
    for i, step in enumerate(steps):
        at = 0.97 * at + step
        logits[i] = at
    return np.round(1 / (1 + np.exp(-logits)), 3)


def main():
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    model = str(PACKAGE / "data" / "silero_vad_16k_op15.onnx")
    session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    for folder in sys.argv[1:]:
        for path in sorted(Path(folder).glob("*.f32")):
            found = probabilities(session, np.fromfile(path, "<f4"))
            np.array(found, "<f4").tofile(path.with_suffix(".vad"))
    if sys.argv[1:]:
        return

    silero = load_silero()
    clips = {}
    for name in CLIPS:
        samples, rate = soundfile.read(HERE / name, dtype="float32")
        assert rate == 16000 and samples.ndim == 1, name
        clips[name] = [round(value, 7) for value in probabilities(session, samples)]
    generator = np.random.default_rng(5)
    walks = [(random_walk(generator, windows).tolist(), windows * WINDOW - cut) for windows, cut in
             [(1, 100), (40, 0), (200, 511), (400, 17), (400, 300)]]
    regions = [
        dict(walk=i, options=options, regions=[[region["start"], region["end"]] for region in
             silero.get_speech_timestamps_from_probs(walk, audio_length_samples=samples, **options)])
        for i, (walk, samples) in enumerate(walks) for options in OPTIONS
    ]
    reference = dict(clips=clips, walks=[dict(probabilities=w, samples=s) for w, s in walks], regions=regions)
    text = json.dumps(reference, separators=(",", ":"))
    (HERE / "vad-reference.json").write_text(text.replace('],"', '],\n"').replace("},{", "},\n{") + "\n")


main()
