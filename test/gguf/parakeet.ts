/**
 * Writes a Parakeet model (TDT) with random weights. The weights are the same in each run. Tests use a small shape.
 * Measurements use the shape of a published model. The texts of the model have no meaning, but depend on the audio.
 */
import { type GgufTensor, ggufFile, type GgufValue } from "./gguf-file.ts";

export interface ParakeetShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly channels: number;
  readonly mels: number;
  readonly predictorWidth: number;
  readonly predictorLayers: number;
  readonly vocabulary: number;
  /**
   * Maximum difference of gains from 1, and of biases from 0. If it is 0, all gains are equal and all biases are equal,
   * so a test cannot detect a wrong order of them.
   */
  readonly spread: number;
  /**
   * Bias of the blank. Without it, the model would emit tokens for silence, whose other logits are 0. With a much larger
   * bias, the model would emit only blanks.
   */
  readonly blankBias: number;
  /** Biases of the durations 0 to 4. */
  readonly durationBiases: readonly number[];
  readonly scales: Scales;
}

/**
 * Factors by which random weights are multiplied. In a large network of random weights, all frames become similar.
 * Small weights of the attention, and weights of the subsampling whose mean is 0, keep the frames different.
 */
interface Scales {
  readonly attention: number;
  readonly jointEncoder: number;
  readonly logits: number;
  /** Whether the mean of the weights is subtracted from each row of the last matrix of the subsampling. */
  readonly isCentred: boolean;
}

/** A model of 0.3 MB. */
export const smallShape: ParakeetShape = {
  layers: 2,
  width: 32,
  heads: 4,
  channels: 8,
  mels: 80,
  predictorWidth: 32,
  predictorLayers: 1,
  vocabulary: 120,
  spread: 0,
  blankBias: 0.3,
  durationBiases: [0, 0, 0, 0, 0],
  scales: { attention: 1, jointEncoder: 1, logits: 6, isCentred: false },
};

/** A small model, in which each gain and each bias has an effect. Its tokens have all durations. */
export const parityShape: ParakeetShape = {
  ...smallShape,
  predictorLayers: 2,
  spread: 0.2,
  blankBias: 12,
  durationBiases: [-6, -2, 2, 0, -1],
  scales: { attention: 0.2, jointEncoder: 4, logits: 6, isCentred: true },
};

/** The shape of parakeet-tdt-0.6b-v3: 627 million weights. */
export const fullShape: ParakeetShape = {
  layers: 24,
  width: 1024,
  heads: 8,
  channels: 256,
  mels: 128,
  predictorWidth: 640,
  predictorLayers: 2,
  vocabulary: 8192,
  spread: 0.2,
  blankBias: 35,
  durationBiases: [5, -7, -3, -4, 14],
  scales: { attention: 0.2, jointEncoder: 12, logits: 1, isCentred: true },
};

export function parakeetFile(
  shape: ParakeetShape,
  changes: Readonly<Record<string, GgufValue>> = {},
): Uint8Array {
  return ggufFile({ ...parakeetValues(shape), ...changes }, parakeetTensors(shape));
}

/** Returns the tensors of a model. Each iteration computes the same random weights, and keeps one tensor in memory. */
export function parakeetTensors(shape: ParakeetShape): Iterable<GgufTensor> {
  return { [Symbol.iterator]: () => tensorsOf(shape) };
}

// --- internal ---

export const durations = Int32Array.of(0, 1, 2, 3, 4);
const convolution = 9;
/**
 * Factors by which the random weights of the decoder are multiplied. With these factors, each token depends on the
 * tokens before it, and the logits differ so much that one token is clearly the most likely. For 11 s of speech, the
 * model emits 57 tokens. For other speech, it emits other tokens.
 */
const decoderScales = { embedding: 6, lstm: 2, predictor: 3 };

export function parakeetValues(shape: ParakeetShape): Record<string, GgufValue> {
  return {
    "general.architecture": "parakeet",
    "general.name": "Random Parakeet",
    "general.languages": ["en", "de"],
    "stt.variant": "tdt-random",
    "stt.capability.lang_detect": false,
    ...encoderValues(shape),
    ...decoderValues(shape),
    ...frontendValues(shape),
    "tokenizer.ggml.model": "unigram",
    "tokenizer.ggml.tokens": piecesOf(shape.vocabulary),
  };
}

function encoderValues({ layers, width, heads, channels }: ParakeetShape) {
  return {
    "stt.parakeet.encoder.n_layers": layers,
    "stt.parakeet.encoder.d_model": width,
    "stt.parakeet.encoder.n_heads": heads,
    "stt.parakeet.encoder.d_ff": 4 * width,
    "stt.parakeet.encoder.conv_kernel": convolution,
    "stt.parakeet.encoder.subsampling_factor": 8,
    "stt.parakeet.encoder.subsampling_channels": channels,
    "stt.parakeet.encoder.pos_emb_max_len": 5000,
  };
}

function decoderValues({ predictorWidth, predictorLayers, vocabulary }: ParakeetShape) {
  return {
    "stt.parakeet.head_kind": "tdt",
    "stt.parakeet.predictor.hidden": predictorWidth,
    "stt.parakeet.predictor.n_layers": predictorLayers,
    "stt.parakeet.predictor.vocab": vocabulary + 1,
    "stt.parakeet.joint.hidden": predictorWidth,
    "stt.parakeet.joint.num_extra_outputs": durations.length,
    "stt.parakeet.joint.activation": "relu",
    "stt.parakeet.tdt.durations": durations,
  };
}

function frontendValues({ mels }: ParakeetShape): Record<string, GgufValue> {
  return {
    "stt.frontend.type": "mel",
    "stt.frontend.num_mels": mels,
    "stt.frontend.sample_rate": 16_000,
    "stt.frontend.n_fft": 512,
    "stt.frontend.win_length": 400,
    "stt.frontend.hop_length": 160,
    "stt.frontend.window": "hann",
    "stt.frontend.normalize": "per_feature",
    "stt.frontend.dither": { float: 0 },
    "stt.frontend.pre_emphasis": { float: 0.97 },
    "stt.frontend.f_min": { float: 0 },
    "stt.frontend.f_max": { float: 8000 },
  };
}

/** Returns pieces of two letters. Every third piece starts a word, and the last one ends a sentence. */
export function piecesOf(vocabulary: number): string[] {
  const letters = "aeioubdgklmnprst";
  return Array.from({ length: vocabulary }, (_, id) => {
    if (id === vocabulary - 1) return ".";
    const pair = letters[id % 16]! + letters[Math.floor(id / 16) % 16]!;
    return `${id % 3 === 0 ? "\u2581" : ""}${pair}${id < 256 ? "" : id}`;
  });
}

function* tensorsOf(shape: ParakeetShape): Generator<GgufTensor> {
  const random = new RandomTensors(shape.spread);
  yield* subsamplingTensors(shape, random);
  for (let at = 0; at < shape.layers; at++) yield* layerTensors(shape, random, at);
  yield* decoderTensors(shape, random);
}

function* subsamplingTensors(
  { channels, mels, width, scales }: ParakeetShape,
  random: RandomTensors,
): Generator<GgufTensor> {
  const name = (part: string) => `enc.pre_encode.${part}`;
  const kernels = {
    0: [3, 3, 1],
    2: [3, 3, 1],
    3: [1, 1, channels],
    5: [3, 3, 1],
    6: [1, 1, channels],
  };
  for (const [at, kernel] of Object.entries(kernels)) {
    yield random.matrix(name(`conv.${at}.weight`), [...kernel, channels]);
    yield random.near(0, name(`conv.${at}.bias`), channels);
  }
  const out = random.matrix(name("out.weight"), [(channels * mels) / 8, width]);
  if (scales.isCentred) subtractMeans(out);
  yield out;
  yield random.near(0, name("out.bias"), width);
}

function* layerTensors(
  { width, heads, scales }: ParakeetShape,
  random: RandomTensors,
  layer: number,
): Generator<GgufTensor> {
  const name = (part: string) => `enc.blocks.${layer}.${part}`;
  for (const part of ["norm_ff1", "norm_attn", "norm_conv", "norm_ff2", "norm_out", "conv.bn"]) {
    yield random.near(1, name(`${part}.weight`), width);
    yield random.near(0, name(`${part}.bias`), width);
  }
  for (const part of ["linear_q", "linear_k", "linear_v", "linear_out", "linear_pos"]) {
    const scale = part === "linear_out" ? scales.attention : 1;
    yield random.matrix(name(`attn.${part}.weight`), [width, width], scale);
  }
  for (const part of ["ff1", "ff2"]) {
    yield random.matrix(name(`${part}.linear1.weight`), [width, 4 * width]);
    yield random.matrix(name(`${part}.linear2.weight`), [4 * width, width]);
  }
  yield random.near(0, name("attn.pos_bias_u"), width / heads, heads);
  yield random.near(0, name("attn.pos_bias_v"), width / heads, heads);
  yield random.matrix(name("conv.pointwise1.weight"), [1, width, 2 * width]);
  yield random.matrix(name("conv.depthwise.weight"), [convolution, 1, width]);
  yield random.matrix(name("conv.pointwise2.weight"), [1, width, width]);
  yield random.near(0, name("conv.bn.running_mean"), width);
  yield random.near(1, name("conv.bn.running_var"), width);
}

function* decoderTensors(shape: ParakeetShape, random: RandomTensors): Generator<GgufTensor> {
  const { width, predictorWidth: hidden, predictorLayers, vocabulary } = shape;
  const outputs = vocabulary + 1 + durations.length;
  for (let at = 0; at < predictorLayers; at++) {
    yield random.matrix(`pred.lstm.${at}.Wx`, [hidden, 4 * hidden], decoderScales.lstm);
    yield random.matrix(`pred.lstm.${at}.Wh`, [hidden, 4 * hidden], decoderScales.lstm);
    yield random.near(0, `pred.lstm.${at}.bias`, 4 * hidden);
  }
  yield random.matrix("pred.embed.weight", [hidden, vocabulary + 1], decoderScales.embedding);
  yield random.matrix("joint.enc.weight", [width, hidden], shape.scales.jointEncoder);
  yield random.near(0, "joint.enc.bias", hidden);
  yield random.matrix("joint.pred.weight", [hidden, hidden], decoderScales.predictor);
  yield random.near(0, "joint.pred.bias", hidden);
  const bias = random.near(0, "joint.out.bias", outputs);
  bias.weights.set([shape.blankBias, ...shape.durationBiases], vocabulary);
  yield bias;
  // The last tensor has no padding after it, so a file without its last byte counts as truncated.
  yield random.matrix("joint.out.weight", [hidden, outputs], shape.scales.logits);
}

/** Subtracts from each row its mean. The result then does not depend on the mean of the inputs, which are positive. */
function subtractMeans({ shape: [size = 1], weights }: GgufTensor): void {
  for (let at = 0; at < weights.length; at += size) {
    const row = weights.subarray(at, at + size);
    const mean = row.reduce((sum, weight) => sum + weight, 0) / size;
    row.forEach((weight, i) => (row[i] = weight - mean));
  }
}

class RandomTensors {
  readonly #spread: number;
  /** State of the random numbers (xorshift32). */
  #state = 2_463_534_242;

  constructor(spread: number) {
    this.#spread = spread;
  }

  /** Returns a tensor whose products with vectors of size 1 have size `scale`. */
  matrix(name: string, shape: readonly number[], scale = 1): GgufTensor {
    const outputs = shape.at(-1)!;
    const all = shape.reduce((product, size) => product * size, 1);
    return { name, shape, weights: this.#weights(all, 0, scale * Math.sqrt(3 / (all / outputs))) };
  }

  /** Returns a tensor whose weights differ from `middle` by at most the spread. */
  near(middle: number, name: string, ...shape: readonly number[]): GgufTensor {
    const all = shape.reduce((product, size) => product * size, 1);
    return { name, shape, weights: this.#weights(all, middle, this.#spread) };
  }

  #weights(count: number, middle: number, bound: number): Float32Array<ArrayBuffer> {
    const weights = new Float32Array(count).fill(middle);
    if (bound === 0) return weights;
    let state = this.#state;
    for (let i = 0; i < count; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      weights[i] = middle + bound * (state / 2 ** 31);
    }
    this.#state = state;
    return weights;
  }
}
