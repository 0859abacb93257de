/** Writes a random Parakeet model in the format of parakeet-mlx: config.json and model.safetensors. */
import type { GgufTensor } from "./gguf-file.ts";
import { nemoName } from "./nemo-names.ts";
import { durations, type ParakeetShape, piecesOf } from "./parakeet.ts";

/** Returns the content of config.json. */
export function mlxConfig(shape: ParakeetShape): object {
  const { layers, width, heads, channels, mels, vocabulary } = shape;
  const vocabularyPieces = piecesOf(vocabulary);
  return {
    target: "nemo.collections.asr.models.rnnt_bpe_models.EncDecRNNTBPEModel",
    model_defaults: { tdt_durations: [...durations] },
    preprocessor: {
      sample_rate: 16_000,
      normalize: "per_feature",
      window_size: 0.025,
      window_stride: 0.01,
      window: "hann",
      features: mels,
      n_fft: 512,
      dither: 0,
    },
    encoder: {
      feat_in: mels,
      n_layers: layers,
      d_model: width,
      n_heads: heads,
      ff_expansion_factor: 4,
      subsampling_factor: 8,
      self_attention_model: "rel_pos",
      subsampling: "dw_striding",
      conv_kernel_size: 9,
      subsampling_conv_channels: channels,
      pos_emb_max_len: 5000,
      use_bias: false,
    },
    decoder: {
      blank_as_pad: true,
      vocab_size: vocabulary,
      prednet: { pred_hidden: shape.predictorWidth, pred_rnn_layers: shape.predictorLayers },
    },
    joint: {
      num_classes: vocabulary,
      vocabulary: vocabularyPieces,
      num_extra_outputs: durations.length,
      jointnet: {
        joint_hidden: shape.predictorWidth,
        activation: "relu",
        encoder_hidden: width,
        pred_hidden: shape.predictorWidth,
      },
    },
    decoding: {
      model_type: "tdt",
      durations: [...durations],
      greedy: { max_symbols: 10 },
    },
  };
}

/** Returns the content of model.safetensors in pieces. Iterates over `tensors` twice. */
export function* safetensorsPieces(tensors: Iterable<GgufTensor>): Generator<Uint8Array> {
  const descriptions: Record<string, object> = {};
  let offset = 0;
  for (const { name, shape, weights } of tensors) {
    const end = offset + weights.byteLength;
    const mlx = { dtype: "F32", shape: mlxShape(name, shape), data_offsets: [offset, end] };
    descriptions[mlxName(name)] = mlx;
    offset = end;
  }
  const json = JSON.stringify(descriptions);
  const head = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  yield Buffer.concat([length, head]);
  for (const { weights } of tensors) yield new Uint8Array(weights.buffer);
}

// --- internal ---

/** MLX keeps the layers of subsampling and of LSTM, and the sublayers of the joint network, in lists. */
function mlxName(name: string): string {
  return nemoName(name).replace(/dec_rnn\.lstm/u, "dec_rnn.lstm");
}

/**
 * Returns MLX's shape, the outermost dimension first. MLX stores the kernels of a convolution as (outputs, kernel,
 * inputs). The order of the weights stays the same, because either the kernel or the number of inputs is 1.
 */
function mlxShape(name: string, shape: readonly number[]): number[] {
  const outer = shape.toReversed();
  if (!/conv\.(?:\d|pointwise|depthwise)/u.test(name) || outer.length < 3) return outer;
  const [outputs = 1, inputs = 1, ...kernel] = outer;
  return [outputs, ...kernel, inputs];
}
