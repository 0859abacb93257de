"""Decodes recordings with the library of ffi/audio, so that the Python programs get the same samples as the tests."""

import ctypes

import numpy as np

RATE = 16_000
# ASR_AUDIO_NOTHING_YET of asr_audio.h. It means that the caller must read again.
NOTHING_YET = -14


class DecoderOptions(ctypes.Structure):
    """The struct asr_audio_options of ffi/audio/asr_audio.h."""

    _fields_ = [
        ("sample_rate", ctypes.c_uint32),
        ("max_channels", ctypes.c_uint32),
        ("max_duration_s", ctypes.c_double),
        ("max_wall_ms", ctypes.c_uint32),
        ("min_rate", ctypes.c_uint32),
        ("max_rate", ctypes.c_uint32),
        ("track", ctypes.c_uint32),
        ("max_samples", ctypes.c_uint64),
        ("max_memory", ctypes.c_uint64),
        ("cancel", ctypes.c_void_p),
        ("track_rank", ctypes.c_uint32),
        ("channel", ctypes.c_uint32),
    ]


def decode(library, path, rate=RATE):
    """Returns all samples of a file, converted to mono at a sample rate of 16 or 24 kHz."""
    options = DecoderOptions(sample_rate=rate)
    decoder = ctypes.c_void_p()
    code = library.asr_audio_decoder_open(str(path).encode(), ctypes.byref(options), ctypes.byref(decoder))
    assert code == 0, f"{path}: {library.asr_audio_last_error()}"
    blocks = []
    while True:
        block = np.zeros(RATE, np.float32)
        count = library.asr_audio_decoder_read(decoder, block.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(RATE))
        if count == NOTHING_YET:
            continue
        assert count >= 0, f"{path}: {library.asr_audio_last_error()}"
        if count == 0:
            break
        blocks.append(block[:count])
    library.asr_audio_decoder_close(decoder)
    return np.concatenate(blocks)


def open_library(library_path):
    library = ctypes.CDLL(library_path)
    library.asr_audio_last_error.restype = ctypes.c_char_p
    library.asr_audio_decoder_read.restype = ctypes.c_int64
    library.asr_audio_decoder_read.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    library.asr_audio_decoder_close.argtypes = [ctypes.c_void_p]
    return library
