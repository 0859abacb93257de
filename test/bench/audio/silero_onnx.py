"""Runs Silero's network in onnxruntime over raw float32 samples at 16 kHz, on one thread, window by window as for live
audio. Prints the seconds of the run and the mean probability. Usage: silero_onnx.py MODEL SAMPLES
"""

import sys
import time

import numpy as np
import onnxruntime

WINDOW, CONTEXT = 512, 64

settings = onnxruntime.SessionOptions()
settings.intra_op_num_threads = settings.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], settings, providers=["CPUExecutionProvider"])
samples = np.concatenate([np.zeros(CONTEXT, np.float32), np.fromfile(sys.argv[2], "<f4")])
rate = np.array(16000, np.int64)
state = np.zeros((2, 1, 128), np.float32)
total, windows = 0.0, 0
start = time.perf_counter()
for at in range(0, len(samples) - CONTEXT - WINDOW + 1, WINDOW):
    window = samples[None, at : at + CONTEXT + WINDOW]
    out, state = session.run(None, {"input": window, "state": state, "sr": rate})
    total += float(out[0, 0])
    windows += 1
print(time.perf_counter() - start, total / max(1, windows))
