"""Runs Python's parakeet-mlx with random Parakeet models on the CPU, with its own features or with those of NeMo.

parakeet-mlx 0.6.0 computes other features than NeMo (ffi/mlx/parakeet/features.hpp lists the differences). transcribe.cpp
computes NeMo's features. For a comparison with transcribe.cpp, the networks get NeMo's features.
"""

import librosa
import mlx.core as mx
import numpy as np
from parakeet_mlx import Beam, DecodingConfig, audio
from parakeet_mlx.attention import RelPositionMultiHeadLocalAttention
from parakeet_mlx.audio import get_logmel
from parakeet_mlx.parakeet import ParakeetCTC
from parakeet_mlx.utils import from_pretrained

RATE, N_FFT, WINDOW, HOP = 16_000, 512, 400, 160


def load(folder):
    pad_frames()
    use_local_attention_on_cpu()
    return from_pretrained(folder, dtype=mx.float32)


def pad_frames():
    """Appends zeros to the samples. parakeet-mlx reads up to 112 values past their end and multiplies them by 0, which gives
    NaN for some contents of the memory: then it returned 1850 tokens instead of 90 for a clip."""

    class Mlx:
        def __getattr__(self, name):
            return getattr(mx, name)

        def as_strided(self, x, shape, strides):
            missing = max(0, (shape[0] - 1) * strides[0] + shape[1] - x.size)
            return mx.as_strided(mx.pad(x, (0, missing)), shape=shape, strides=strides)

    audio.mx = Mlx()


def use_local_attention_on_cpu():
    """Replaces the two Metal kernels of the local attention, which have no version for the CPU."""

    def window(n, w):
        at = mx.arange(n)[:, None] + mx.arange(2 * w + 1)[None] - w
        return mx.clip(at, 0, n - 1), (at >= 0) & (at < n)

    def matmul_qk(_, q, k, w):
        at, is_inside = window(k.shape[2], w)
        scores = mx.take_along_axis(q @ k.swapaxes(-1, -2), mx.broadcast_to(at, (*q.shape[:2], *at.shape)), -1)
        return mx.where(is_inside, scores, -mx.inf)

    def matmul_pv(_, prob, v, w):
        at, is_inside = window(v.shape[2], w)
        return (mx.where(is_inside, prob, 0)[..., None] * v[:, :, at]).sum(-2).swapaxes(1, 2)

    RelPositionMultiHeadLocalAttention.matmul_qk = matmul_qk
    RelPositionMultiHeadLocalAttention.matmul_pv = matmul_pv


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


def recognize(model, samples, *, with_nemo_features=False, n_beams=1):
    """Returns the tokens, and the differences of the two largest logits of each decision."""
    if with_nemo_features:
        features = mx.array(nemo_features(samples, model.preprocessor_config.features))[None]
    else:
        features = get_logmel(mx.array(samples), model.preprocessor_config)
    encoded, lengths = model.encoder(features)
    if isinstance(model, ParakeetCTC):
        gaps = [gap(row) for row in np.array(model.decoder(encoded))[0]]
        return model.decode(encoded, lengths)[0], gaps
    gaps = []
    joint = model.joint
    n_classes = len(model.vocabulary) + 1

    class Joint:
        def __call__(self, *inputs):
            logits = joint(*inputs)
            row = np.array(logits[0, 0, 0])
            gaps.append(min(gap(row[:n_classes]), gap(row[n_classes:])))
            return logits

    model.joint = Joint()
    try:
        config = DecodingConfig(decoding=Beam(beam_size=n_beams)) if n_beams > 1 else DecodingConfig()
        tokens, _ = model.decode(encoded, lengths, config=config)
    finally:
        model.joint = joint
    return tokens[0], gaps


def gap(values):
    """Returns the difference of the two largest values. An RNNT model has no values for durations."""
    best = np.sort(values)[-2:]
    return float(best[1] - best[0]) if len(best) == 2 else float("inf")
