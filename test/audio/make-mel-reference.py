"""Writes mel-80.f32 and mel-128.f32 for ffi/audio/tests/log_mel.rs: Whisper's features, computed in double precision.

Uses the same steps as OpenAI's whisper/audio.py. Needs numpy and soundfile.
"""

from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).parent
RATE, N_FFT, HOP = 16000, 400, 160


def mel_filters(n_mels):
    """Returns the result of librosa.filters.mel(sr=16000, n_fft=400, n_mels=n_mels)."""
    def to_hz(mels):
        return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mels - 15)))

    bins = np.fft.rfftfreq(N_FFT, 1 / RATE)
    edges = to_hz(np.linspace(0, 15 + 27 * np.log(8) / np.log(6.4), n_mels + 2))
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def log_mel(samples, n_mels, padding):
    audio = np.pad(samples.astype(np.float64), (0, padding))
    audio = np.pad(audio, N_FFT // 2, mode="reflect")
    window = np.hanning(N_FFT + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(audio, N_FFT)[::HOP]
    power = np.abs(np.fft.rfft(frames * window)[:-1]) ** 2
    log = np.log10(np.maximum(power @ mel_filters(n_mels).T, 1e-10))
    return ((np.maximum(log, log.max() - 8) + 4) / 4).T


def main():
    samples, rate = soundfile.read(HERE / "en_tt-allbusy.flac", dtype="float32")
    assert rate == RATE
    # This length is not a multiple of the frame length.
    samples = samples[:12345]
    log_mel(samples, 80, 160).astype("<f4").tofile(HERE / "mel-80.f32")
    log_mel(samples, 128, 30 * RATE)[:, :80].astype("<f4").tofile(HERE / "mel-128.f32")


main()
