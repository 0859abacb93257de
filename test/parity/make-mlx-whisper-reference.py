"""Writes mlx-whisper-reference.json for mlx-whisper.test.ts: the answers of Python's mlx-whisper on the CPU in float32.

    npm run build && bun build.ts tests && bun test/mlx/write-whisper.ts FOLDER
    python3 -m venv venv
    venv/bin/pip install --no-deps mlx-whisper==0.4.3
    venv/bin/pip install 'mlx[cpu]==0.32.4' numpy scipy numba tqdm more-itertools tiktoken huggingface_hub requests
    cp .build/embed/linux-x64/any/mlx/lib{blas,lapack,scipy}* venv/lib/python3*/site-packages/mlx_cpu.libs
    MLX_DISABLE_COMPILE=1 venv/bin/python test/parity/make-mlx-whisper-reference.py AUDIO_LIBRARY FOLDER \\
        > test/parity/mlx-whisper-reference.json

The copied files replace mlx's BLAS, which is about 30 times slower, by OpenBLAS. AUDIO_LIBRARY is the built library of
ffi/audio.

Each answer has the tokens of greedy decoding with timestamps. An answer in float32 also has the log-probabilities of the
first tokens, their mean, the smallest difference of the two largest log-probabilities, and the probabilities of no speech
and of the most likely language. The first answers of a model have some values of the encoder's output, and the words with
their numbers of tokens and their times.
"""

import itertools
import json
import pathlib
import sys

import mlx.core as mx
import numpy as np
from audio_library import decode, open_library
from mlx_whisper import audio, decoding, load_models, timing, tokenizer

N_LOGPROBS = 20
# Numbers of answers with words, and with values of the encoder's output.
N_WITH_WORDS = 10
N_WITH_ENCODER = 2
# Number of encoder values between two values in the answer.
ENCODER_STRIDE = 9001
repository = pathlib.Path(__file__).parents[2]
steps = []


class RecordingDecoder(decoding.GreedyDecoder):
    """Keeps the log-probabilities of each step."""

    def update(self, tokens, logits, sum_logprobs):
        logprobs = np.array(logits - mx.logsumexp(logits, axis=-1, keepdims=True))[0]
        best = np.sort(logprobs)[-2:]
        steps.append((float(best[1]), float(best[1] - best[0])))
        return super().update(tokens, logits, sum_logprobs)


decoding.GreedyDecoder = RecordingDecoder


def words_of(model, language, tokens, mel, features, n_frames):
    names = tokenizer.get_tokenizer(model.is_multilingual, num_languages=model.num_languages, language=language, task="transcribe")
    text = [t for t in tokens if t < names.eot]

    def forward_with_cross_qk(_, tokens):
        logits, _, cross_qk = model.decoder(tokens, features)
        return logits, cross_qk

    model.forward_with_cross_qk = forward_with_cross_qk
    words = timing.find_alignment(model, names, text, mel, n_frames)
    return [[len(w.tokens), round(float(w.start), 2), round(float(w.end), 2)] for w in words]


def answer(model, name, clip, index, samples):
    mel = audio.log_mel_spectrogram(samples, n_mels=model.dims.n_mels, padding=audio.N_SAMPLES)
    mel = audio.pad_or_trim(mel, audio.N_FRAMES, axis=-2)
    features = model.encoder(mel[None])
    options = decoding.DecodingOptions(language=clip["language"], temperature=0.0, fp16=False)
    steps.clear()
    result = model.decode(features, options)[0]
    found = {"model": name, "file": clip["file"], "asked": clip["language"], "tokens": result.tokens}
    if not name.endswith("-f32"):
        return found
    if model.is_multilingual:
        _, [probs] = model.detect_language(features)
        best = max(probs, key=probs.get)
        found |= {"language": best, "languageProb": round(float(probs[best]), 5)}
    n = len(result.tokens) + 1  # mlx-whisper computes a step too many
    found |= {
        "logprobs": [round(logprob, 4) for logprob, _ in steps[: min(N_LOGPROBS, n - 1)]],
        "smallestGap": round(min(gap for _, gap in steps[:n]), 4),
        "avgLogprob": round(float(result.avg_logprob), 5),
        "noSpeechProb": round(float(result.no_speech_prob), 5),
    }
    if index < N_WITH_WORDS:
        found["words"] = words_of(model, clip["language"], result.tokens, mel, features, len(samples) // audio.HOP_LENGTH)
    if index < N_WITH_ENCODER:
        found["encoder"] = [round(float(x), 5) for x in np.array(features).reshape(-1)[::ENCODER_STRIDE]]
    return found


def clips_for(model):
    """Returns clips of all languages of the model in turns."""
    manifest = json.loads((repository / "test/audio/manifest.json").read_text())
    clips = [c for c in manifest if c["kind"] == "human" and c["duration"] < 30]
    languages = ["en", "es", "fr", "it", "ru"] if model.is_multilingual else ["en"]
    columns = [[c for c in clips if c["language"] == language] for language in languages]
    return [clip for row in itertools.zip_longest(*columns) for clip in row if clip]


def main(library_path, folder):
    library = open_library(library_path)
    answers = []
    for path in sorted(pathlib.Path(folder).iterdir()):
        model = load_models.load_model(str(path), mx.float32)
        for index, clip in enumerate(clips_for(model)):
            samples = decode(library, repository / "test/audio" / clip["file"])
            answers.append(answer(model, path.name, clip, index, samples))
            print(path.name, clip["file"], file=sys.stderr, flush=True)
    print("[\n" + ",\n".join(json.dumps(a) for a in answers) + "\n]")


mx.set_default_device(mx.cpu)
main(*sys.argv[1:])
