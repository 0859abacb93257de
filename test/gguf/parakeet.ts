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
};

export function parakeetFile(
  shape: ParakeetShape,
  changes: Readonly<Record<string, GgufValue>> = {},
): Uint8Array {
  return ggufFile({ ...valuesOf(shape), ...changes }, tensorsOf(shape));
}

// --- internal ---

const durations = Int32Array.of(0, 1, 2, 3, 4);
const convolution = 9;
/**
 * Bias of the blank. For silence, all other logits are 0. Without the bias, the model would emit tokens for silence.
 * With a much larger bias, the model would emit only blanks.
 */
const blankBias = 0.3;
/**
 * Factors of weights. With these factors, each token depends on the tokens before it. One token is clearly the most
 * likely, because the logits differ much. For 11 s of speech, the model emits 57 tokens. For other speech, the tokens
 * differ.
 */
const scales = { logits: 6, embedding: 6, lstm: 2, predictor: 3 };

function valuesOf(shape: ParakeetShape): Record<string, GgufValue> {
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
function piecesOf(vocabulary: number): string[] {
  const letters = "aeioubdgklmnprst";
  return Array.from({ length: vocabulary }, (_, id) => {
    if (id === vocabulary - 1) return ".";
    const pair = letters[id % 16]! + letters[Math.floor(id / 16) % 16]!;
    return `${id % 3 === 0 ? "\u2581" : ""}${pair}${id < 256 ? "" : id}`;
  });
}

function tensorsOf(shape: ParakeetShape): GgufTensor[] {
  const random = new RandomTensors();
  return [
    ...subsamplingTensors(shape, random),
    ...Array.from({ length: shape.layers }, (_, at) => layerTensors(shape, random, at)).flat(),
    ...decoderTensors(shape, random),
  ];
}

function subsamplingTensors({ channels, mels, width }: ParakeetShape, random: RandomTensors) {
  const name = (part: string) => `enc.pre_encode.${part}`;
  const depthwise = (at: number) => [
    random.matrix(name(`conv.${at}.weight`), [3, 3, 1, channels]),
    random.zeros(name(`conv.${at}.bias`), channels),
  ];
  const pointwise = (at: number) => [
    random.matrix(name(`conv.${at}.weight`), [1, 1, channels, channels]),
    random.zeros(name(`conv.${at}.bias`), channels),
  ];
  return [
    ...[depthwise(0), depthwise(2), pointwise(3), depthwise(5), pointwise(6)].flat(),
    random.matrix(name("out.weight"), [(channels * mels) / 8, width]),
    random.zeros(name("out.bias"), width),
  ];
}

function layerTensors({ width, heads }: ParakeetShape, random: RandomTensors, layer: number) {
  const name = (part: string) => `enc.blocks.${layer}.${part}`;
  const norm = (part: string) => [
    random.ones(name(`${part}.weight`), width),
    random.zeros(name(`${part}.bias`), width),
  ];
  const feedForward = (part: string) => [
    random.matrix(name(`${part}.linear1.weight`), [width, 4 * width]),
    random.matrix(name(`${part}.linear2.weight`), [4 * width, width]),
  ];
  const attention = ["linear_q", "linear_k", "linear_v", "linear_out", "linear_pos"].map((part) =>
    random.matrix(name(`attn.${part}.weight`), [width, width]),
  );
  const headWidth = width / heads;
  return [
    ...["norm_ff1", "norm_attn", "norm_conv", "norm_ff2", "norm_out", "conv.bn"].flatMap(norm),
    ...["ff1", "ff2"].flatMap(feedForward),
    ...attention,
    random.zeros(name("attn.pos_bias_u"), headWidth, heads),
    random.zeros(name("attn.pos_bias_v"), headWidth, heads),
    random.matrix(name("conv.pointwise1.weight"), [1, width, 2 * width]),
    random.matrix(name("conv.depthwise.weight"), [convolution, 1, width]),
    random.matrix(name("conv.pointwise2.weight"), [1, width, width]),
    random.zeros(name("conv.bn.running_mean"), width),
    random.ones(name("conv.bn.running_var"), width),
  ];
}

function decoderTensors(shape: ParakeetShape, random: RandomTensors): GgufTensor[] {
  const { width, predictorWidth: hidden, predictorLayers, vocabulary } = shape;
  const lstm = Array.from({ length: predictorLayers }, (_, at) => [
    random.matrix(`pred.lstm.${at}.Wx`, [hidden, 4 * hidden], scales.lstm),
    random.matrix(`pred.lstm.${at}.Wh`, [hidden, 4 * hidden], scales.lstm),
    random.zeros(`pred.lstm.${at}.bias`, 4 * hidden),
  ]);
  const outputs = vocabulary + 1 + durations.length;
  const bias = random.zeros("joint.out.bias", outputs);
  bias.weights[vocabulary] = blankBias;
  return [
    random.matrix("pred.embed.weight", [hidden, vocabulary + 1], scales.embedding),
    ...lstm.flat(),
    random.matrix("joint.enc.weight", [width, hidden]),
    random.zeros("joint.enc.bias", hidden),
    random.matrix("joint.pred.weight", [hidden, hidden], scales.predictor),
    random.zeros("joint.pred.bias", hidden),
    bias,
    // The last tensor has no padding after it, so a file without its last byte is cut short.
    random.matrix("joint.out.weight", [hidden, outputs], scales.logits),
  ];
}

class RandomTensors {
  /** State of the random numbers (xorshift32). */
  #state = 2_463_534_242;

  /** Returns a tensor whose products with vectors of size 1 have size `scale`. */
  matrix(name: string, shape: readonly number[], scale = 1): GgufTensor {
    const outputs = shape.at(-1)!;
    const all = shape.reduce((product, size) => product * size, 1);
    const bound = scale * Math.sqrt(3 / (all / outputs));
    return { name, shape, weights: new Float32Array(all).map(() => bound * this.#next()) };
  }

  ones(name: string, ...shape: readonly number[]): GgufTensor {
    const { weights } = this.zeros(name, ...shape);
    return { name, shape, weights: weights.fill(1) };
  }

  zeros(name: string, ...shape: readonly number[]): GgufTensor {
    return {
      name,
      shape,
      weights: new Float32Array(shape.reduce((product, size) => product * size, 1)),
    };
  }

  /** Returns a number from -1 to 1. */
  #next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state / 2 ** 31;
  }
}
