"""Runs a Kyutai model in float32 on the CPU with Python's rustymimi (audio to codes) and moshi-mlx (codes to text).

rustymimi only accepts the published shape of the audio tokenizer. For a small one, this program uses moshi-mlx's own audio
tokenizer, which lets a frame read later frames of its step. With the mask of `CausalAttention`, it returns the codes of
rustymimi; `check_codes` makes sure of it.
"""

import json
import pathlib

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import rustymimi
from moshi_mlx import models
from moshi_mlx.modules import transformer

FRAME, RATE = 1920, 24_000
FULL_WIDTH, HEAD_WIDTH = 512, 64


class CausalAttention(transformer.Attention):
    """Lets each frame read its own frame and the `context` frames before it."""

    def __call__(self, xs, cache, mask=None):
        n, known = xs.shape[1], cache.offset
        if n > 1:
            queries = known + np.arange(n)[:, None]
            first = max(0, known - self.cfg.context)
            keys = np.arange(first, known + n)[None]
            mask = mx.array((keys <= queries) & (queries <= keys + self.cfg.context))
        return super().__call__(xs, cache, mask)


transformer.Attention = CausalAttention


def load(folder):
    """Returns the language model and its configuration."""
    mx.set_default_device(mx.cpu)
    mx.disable_compile()
    folder = pathlib.Path(folder)
    config = json.loads((folder / "config.json").read_text())
    model = models.Lm(models.LmConfig.from_config_dict(config))
    weights = config["moshi_name"]
    if weights.endswith(".q4.safetensors"):
        nn.quantize(model, bits=4, group_size=32)
    elif weights.endswith(".q8.safetensors"):
        nn.quantize(model, bits=8, group_size=64)
    model.load_weights(str(folder / weights), strict=True)
    model.set_dtype(mx.float32)
    # The rotating cache of moshi-mlx 0.3.0 returns wrong keys from step 4096 on. Its other cache keeps all keys.
    model.transformer_cache = model.transformer.make_cache()
    return model, config


def padded(config, samples):
    """Adds the silence before and after the audio, as moshi_mlx.run_inference does."""
    stt = config["stt_config"]
    left = int(stt["audio_silence_prefix_seconds"] * RATE)
    right = int((stt["audio_delay_seconds"] + 1.0) * RATE)
    return np.pad(samples, (left, right))


def codes_of(folder, config, samples):
    """Returns the codes of all whole frames, as an array [frames, codebooks]."""
    path = str(pathlib.Path(folder) / config["mimi_name"])
    is_full = mx.load(path)["encoder.model.14.conv.conv.bias"].shape[0] == FULL_WIDTH
    if is_full:
        encode = rustymimi.Tokenizer(path, num_codebooks=config["n_q"]).encode_step
    else:
        encode = open_mimi(path, config).encode_step
    frames = []
    for at in range(0, len(samples) // FRAME * FRAME, FRAME):
        samples_of_frame = samples[None, None, at : at + FRAME]
        frames.append(np.array(encode(samples_of_frame if is_full else mx.array(samples_of_frame)))[0, :, 0])
    return np.array(frames)


def check_codes(folder, config, samples):
    """Checks that moshi-mlx's audio tokenizer with the mask returns the codes of rustymimi."""
    path = str(pathlib.Path(folder) / config["mimi_name"])
    mimi = open_mimi(path, config)
    ends = len(samples) // FRAME * FRAME
    ours = [np.array(mimi.encode_step(mx.array(samples[None, None, at : at + FRAME])))[0, :, 0] for at in range(0, ends, FRAME)]
    theirs = codes_of(folder, config, samples)
    assert (np.array(ours) == theirs).mean() > 0.999, (np.array(ours) == theirs).mean()


def open_mimi(path, config):
    """Opens moshi-mlx's audio tokenizer, with the dimensions of the tensors in the file."""
    shapes = {name: tensor.shape for name, tensor in mx.load(path).items()}
    mimi = models.mimi.mimi_202407(config["n_q"])
    mimi.seanet.nfilters = shapes["encoder.model.0.conv.conv.bias"][0]
    mimi.seanet.dimension = shapes["encoder.model.14.conv.conv.bias"][0]
    layers = {name.split(".")[3] for name in shapes if name.startswith("encoder_transformer.transformer.layers.")}
    mimi.transformer.num_layers = len(layers)
    mimi.transformer.d_model = mimi.seanet.dimension
    mimi.transformer.num_heads = mimi.seanet.dimension // HEAD_WIDTH
    mimi.transformer.dim_feedforward = 4 * mimi.seanet.dimension
    mimi.quantizer_bins, mimi.quantizer_dim = shapes["quantizer.rvq_first.vq.layers.0._codebook.embedding_sum"]
    model = models.mimi.Mimi(mimi)
    model.load_pytorch_weights(path, strict=False)
    return model


def transcribe(model, codes):
    """Returns for each step its text token, the log-probability of the token, the smallest difference of the two largest
    logits, and the probability that a turn has ended (None if the model has no such heads)."""
    tokens, logprobs, gaps, ends = [], [], [], []

    def sample(logits):
        ordered = np.sort(np.array(logits[0, 0]))
        token = mx.argmax(logits, axis=-1)
        logprobs.append((logits[0, 0, token[0, 0]] - mx.logsumexp(logits[0, 0])).item())
        gaps.append(float(ordered[-1] - ordered[-2]))
        return token.astype(mx.int32), None

    for cache in model.transformer_cache:
        cache.reset()
    generator = models.LmGen(model, max_steps=len(codes), text_sampler=sample, audio_sampler=None)
    for frame in codes:
        text, heads = generator.step_with_extra_heads(mx.array(frame.astype(np.int32))[None])
        tokens.append(text[0].item())
        ends.append(heads[2][0, 0, 0].item() if heads else None)
    return tokens, logprobs, gaps, ends
