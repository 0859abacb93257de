"""Runs Python's parakeet-mlx with a random Parakeet model, and computes the features as NeMo does.

parakeet-mlx 0.6.0 computes other features than NeMo: the magnitude is the sum of the absolute real and imaginary parts,
the window is not centred, the ends are mirrored, and the deviation has another divisor. transcribe.cpp computes NeMo's features. The networks
get the same features here, so that the comparison shows differences of the networks and of the decoders only.
"""

import librosa
import mlx.core as mx
import numpy as np
from parakeet_mlx.utils import from_pretrained

RATE, N_FFT, WINDOW, HOP = 16_000, 512, 400, 160


def load(folder):
    return from_pretrained(folder, dtype=mx.float32)


def nemo_features(samples, n_mels):
    """Returns normalized log-mel features, one row per frame."""
    x = samples.astype(np.float64)
    x = np.concatenate([x[:1], x[1:] - 0.97 * x[:-1]])
    padded = np.pad(x, N_FFT // 2, mode="constant")
    n_frames = len(samples) // HOP + 1
    at = np.arange(n_frames)[:, None] * HOP + np.arange(N_FFT)
    left = (N_FFT - WINDOW) // 2
    window = np.pad(np.hanning(WINDOW), (left, N_FFT - WINDOW - left))
    power = np.abs(np.fft.rfft(padded[at] * window)) ** 2
    filters = librosa.filters.mel(sr=RATE, n_fft=N_FFT, n_mels=n_mels, norm="slaney").astype(np.float64)
    mel = np.log(power @ filters.T + 2.0**-24)
    valid = mel[:-1]
    mel = (mel - valid.mean(axis=0)) / (valid.std(axis=0, ddof=1) + 1e-5)
    mel[-1] = 0
    return mel.astype(np.float32)


def recognize(model, samples, n_mels):
    """Returns the tokens: id, start, end and confidence. `gap` is the difference of the two largest logits."""
    gaps = []
    joint = model.joint

    class Joint:
        def __call__(self, *inputs):
            logits = joint(*inputs)
            tokens = np.sort(np.array(logits[0, 0, 0, : len(model.vocabulary) + 1]))
            durations = np.sort(np.array(logits[0, 0, 0, len(model.vocabulary) + 1 :]))
            gaps.append(float(min(tokens[-1] - tokens[-2], durations[-1] - durations[-2])))
            return logits

    model.joint = Joint()
    try:
        features = mx.array(nemo_features(samples, n_mels))[None]
        encoded, lengths = model.encoder(features)
        tokens, _ = model.decode(encoded, lengths)
    finally:
        model.joint = joint
    return tokens[0], gaps
