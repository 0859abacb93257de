/** Writes the folder of a random Parakeet model for MLX, with the files of a repository `mlx-community/parakeet-*`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePieces } from "../gguf/write-pieces.ts";
import type { GgufTensor } from "../gguf/gguf-file.ts";
import { nemoName } from "../gguf/nemo-names.ts";
import { durations, type ParakeetShape, parakeetTensors, piecesOf } from "../gguf/parakeet.ts";
import { encodeTensor, type NumberType } from "./tensors.ts";

export interface ParakeetVariant {
  /** What converts the encoder's output to tokens. `hybrid` is a TDT model that also has a CTC head. */
  readonly head?: "tdt" | "rnnt" | "ctc" | "hybrid";
  /** Which features the network gets. Files of the hub never contain this setting. */
  readonly frontend?: "nemo";
  /** Number of frames to both sides that the attention of a frame reads. When absent, it reads all frames. */
  readonly context?: number;
  /** Whether the matrices of the encoder have biases, and its input is multiplied by the root of its width. */
  readonly biases?: boolean;
  readonly type?: NumberType;
}

export function writeParakeetFolder(
  folder: string,
  shape: ParakeetShape,
  variant: ParakeetVariant = {},
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), pythonJson(parakeetConfig(shape, variant)));
  const tensors = { [Symbol.iterator]: () => variantTensors(shape, variant) };
  writePieces(join(folder, "model.safetensors"), safetensorsPieces(tensors, variant.type ?? "F32"));
}

/** Returns the content of config.json: NeMo's configuration of the model, also parts that only training uses. */
export function parakeetConfig(shape: ParakeetShape, variant: ParakeetVariant = {}): object {
  const { head = "tdt" } = variant;
  const labels = piecesOf(shape.vocabulary);
  const hasDurations = head === "tdt" || head === "hybrid";
  return {
    sample_rate: 16_000,
    compute_eval_loss: false,
    log_prediction: true,
    model_defaults: {
      enc_hidden: shape.width,
      pred_hidden: shape.predictorWidth,
      joint_hidden: shape.predictorWidth,
      ...(hasDurations && { tdt_durations: [...durations], num_tdt_durations: durations.length }),
    },
    train_ds: { manifest_filepath: null, sample_rate: 16_000, bucketing: [[1, 2], [3]] },
    preprocessor: preprocessorConfig(shape, variant),
    spec_augment: { freq_masks: 2, time_masks: 10, freq_width: 27, time_width: 0.05 },
    encoder: encoderConfig(shape, variant),
    ...(head === "ctc"
      ? { decoder: ctcConfig(shape), decoding: { strategy: "greedy", greedy: {} } }
      : transducerConfig(shape, variant)),
    ...(head === "hybrid" && { aux_ctc: { ctc_loss_weight: 0.3, decoder: ctcConfig(shape) } }),
    optim: { name: "adamw", lr: 1e-4, betas: [0.9, 0.98], sched: { name: "CosineAnnealing" } },
    labels,
    target: `nemo.collections.asr.models.${classOf[head]}`,
    nemo_version: "2.2.0",
  };
}

// --- internal ---

const classOf = {
  tdt: "rnnt_bpe_models.EncDecRNNTBPEModel",
  rnnt: "rnnt_bpe_models.EncDecRNNTBPEModel",
  ctc: "ctc_bpe_models.EncDecCTCModelBPE",
  hybrid: "hybrid_rnnt_ctc_bpe_models.EncDecHybridRNNTCTCBPEModel",
} as const;

function preprocessorConfig({ mels }: ParakeetShape, { frontend }: ParakeetVariant): object {
  return {
    _target_: "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
    sample_rate: 16_000,
    normalize: "per_feature",
    window_size: 0.025,
    window_stride: 0.01,
    window: "hann",
    features: mels,
    n_fft: 512,
    frame_splicing: 1,
    dither: 1e-5,
    pad_to: 0,
    ...(frontend && { frontend }),
  };
}

function encoderConfig(shape: ParakeetShape, { context, biases = false }: ParakeetVariant): object {
  return {
    _target_: "nemo.collections.asr.modules.ConformerEncoder",
    feat_in: shape.mels,
    feat_out: -1,
    n_layers: shape.layers,
    d_model: shape.width,
    subsampling: "dw_striding",
    subsampling_factor: 8,
    subsampling_conv_channels: shape.channels,
    causal_downsampling: false,
    reduction: null,
    ff_expansion_factor: 4,
    self_attention_model: context === undefined ? "rel_pos" : "rel_pos_local_attn",
    n_heads: shape.heads,
    att_context_size: context === undefined ? [-1, -1] : [context, context],
    att_context_style: "regular",
    xscaling: biases,
    untie_biases: true,
    pos_emb_max_len: 5000,
    conv_kernel_size: 9,
    conv_norm_type: "batch_norm",
    use_bias: biases,
    dropout: 0.1,
  };
}

function ctcConfig({ width, vocabulary }: ParakeetShape): object {
  const pieces = piecesOf(vocabulary);
  return { feat_in: width, num_classes: vocabulary, vocabulary: pieces };
}

function transducerConfig(shape: ParakeetShape, { head }: ParakeetVariant): object {
  const { width, vocabulary, predictorWidth: hidden, predictorLayers } = shape;
  const isTdt = head !== "rnnt";
  return {
    decoder: {
      _target_: "nemo.collections.asr.modules.RNNTDecoder",
      normalization_mode: null,
      blank_as_pad: true,
      prednet: { pred_hidden: hidden, pred_rnn_layers: predictorLayers, t_max: null, dropout: 0.2 },
      vocab_size: vocabulary,
    },
    joint: {
      _target_: "nemo.collections.asr.modules.RNNTJoint",
      log_softmax: null,
      jointnet: {
        joint_hidden: hidden,
        activation: "relu",
        dropout: 0.2,
        encoder_hidden: width,
        pred_hidden: hidden,
      },
      ...(isTdt && { num_extra_outputs: durations.length }),
      num_classes: vocabulary,
      vocabulary: piecesOf(vocabulary),
    },
    decoding: {
      strategy: "greedy_batch",
      ...(isTdt && { model_type: "tdt", durations: [...durations] }),
      greedy: { max_symbols: 10 },
      beam: { beam_size: 2, return_best_hypothesis: false },
    },
  };
}

/** Returns the tensors of a variant, in NeMo's order of dimensions. */
function* variantTensors(
  shape: ParakeetShape,
  { head = "tdt", biases = false }: ParakeetVariant,
): Generator<GgufTensor> {
  let embeddings = new Float32Array();
  for (const tensor of parakeetTensors(shape)) {
    const isTransducer = /^(?:pred|joint)\./u.test(tensor.name);
    if (tensor.name === "pred.embed.weight") embeddings = tensor.weights;
    if (head === "ctc" && isTransducer) continue;
    yield head === "rnnt" ? withoutDurations(tensor, shape) : tensor;
    if (biases) yield* biasesOf(tensor);
  }
  const name = head === "hybrid" ? "ctc_decoder" : "decoder";
  if (head === "ctc" || head === "hybrid") yield* ctcTensors(name, shape, embeddings);
}

/** Removes the rows of the durations, which are the last outputs of the joint network. */
function withoutDurations({ name, shape, weights }: GgufTensor, of: ParakeetShape): GgufTensor {
  if (!name.startsWith("joint.out.")) return { name, shape, weights };
  const outputs = of.vocabulary + 1;
  const inputs = shape.length === 1 ? 1 : shape[0]!;
  const kept = weights.slice(0, outputs * inputs);
  if (name === "joint.out.bias") kept[of.vocabulary]! += rnntBlankBias;
  return { name, shape: [...shape.slice(0, -1), outputs], weights: kept };
}

/** Makes the blank of an RNNT model so likely that a frame rarely has the largest number of tokens. */
const rnntBlankBias = 22;

/** Returns the bias of a matrix or a convolution of the encoder's layers. */
function* biasesOf({ name, shape, weights }: GgufTensor): Generator<GgufTensor> {
  if (
    !/^enc\.blocks\..*(?:linear_(?:q|k|v|out)|linear[12]|pointwise\d|depthwise)\.weight$/u.test(
      name,
    )
  )
    return;
  const outputs = shape.at(-1)!;
  const bias = Float32Array.from({ length: outputs }, (_, i) => weights[i * 7]! / 4);
  yield { name: name.replace(/weight$/u, "bias"), shape: [outputs], weights: bias };
}

/** Returns the CTC head of a small model. Its weights are those of the embeddings, which have the same size. */
function* ctcTensors(
  name: string,
  { width, vocabulary }: ParakeetShape,
  embeddings: Float32Array,
): Generator<GgufTensor> {
  const outputs = vocabulary + 1;
  const weights = embeddings.slice(0, outputs * width);
  yield { name: `${name}.decoder_layers.0.weight`, shape: [1, width, outputs], weights };
  const bias = new Float32Array(outputs);
  bias[vocabulary] = ctcBlankBias;
  yield { name: `${name}.decoder_layers.0.bias`, shape: [outputs], weights: bias };
}

const ctcBlankBias = 6;

/** Returns the content of model.safetensors in pieces. Iterates over `tensors` twice. */
function* safetensorsPieces(
  tensors: Iterable<GgufTensor>,
  type: NumberType,
): Generator<Uint8Array> {
  const descriptions: Record<string, object> = { __metadata__: { format: "mlx" } };
  let offset = 0;
  for (const { name, shape, weights } of tensors) {
    const end = offset + weights.length * (type === "F32" ? 4 : 2);
    const mlx = { dtype: type, shape: mlxShape(name, shape), data_offsets: [offset, end] };
    descriptions[nemoName(name)] = mlx;
    offset = end;
  }
  const json = JSON.stringify(descriptions);
  const head = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  yield Buffer.concat([length, head]);
  for (const { name, shape, weights } of tensors)
    yield encodeTensor(name, shape, weights, type).bytes;
}

/**
 * Returns MLX's shape, the outermost dimension first. MLX stores the kernels of a convolution as (outputs, kernel,
 * inputs). The order of the weights stays the same, because either the kernel or the number of inputs is 1.
 */
function mlxShape(name: string, shape: readonly number[]): number[] {
  const outer = shape.toReversed();
  const isKernel = /conv\.(?:\d|pointwise|depthwise)|decoder_layers/u.test(name);
  if (!isKernel || outer.length < 3) return outer;
  const [outputs = 1, inputs = 1, ...kernel] = outer;
  return [outputs, ...kernel, inputs];
}

/** Writes JSON as Python does: other characters than those of ASCII are escapes. */
export function pythonJson(value: object): string {
  return JSON.stringify(value, null, 4).replace(
    /[\u0080-\uffff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
