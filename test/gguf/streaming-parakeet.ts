/**
 * Writes a small Parakeet model (RNN-T) with random weights that transcribes streams, like Nemotron. Its encoder uses only
 * the past and a short look-ahead.
 */
import { type GgufTensor, ggufFile, type GgufValue } from "./gguf-file.ts";
import { type ParakeetShape, parakeetTensors, parakeetValues, smallShape } from "./parakeet.ts";

const shape: ParakeetShape = { ...smallShape, blankBias: 7.5 };
/** Frames of the encoder before and after a frame that its attention uses. */
const context = { left: 16, right: 1 };

export function streamingParakeetFile(): Uint8Array {
  return ggufFile(streamingValues(), [...parakeetTensors(shape)].flatMap(streamingTensors));
}

// --- internal ---

function streamingValues(): Record<string, GgufValue> {
  const { "stt.parakeet.tdt.durations": _durations, ...values } = parakeetValues(shape);
  return {
    ...values,
    "stt.parakeet.head_kind": "rnnt",
    "stt.parakeet.joint.num_extra_outputs": 0,
    "stt.parakeet.encoder.att_context_style": "chunked_limited",
    "stt.parakeet.encoder.att_context_left": { signed: context.left },
    "stt.parakeet.encoder.att_context_right": { signed: context.right },
    "stt.parakeet.encoder.conv_context_left": { signed: 8 },
    "stt.parakeet.encoder.conv_context_right": { signed: 0 },
    "stt.parakeet.encoder.conv_norm_type": "layer_norm",
    "stt.parakeet.encoder.streaming.pre_encode_cache_size": { signed: 9 },
    "stt.parakeet.encoder.streaming.drop_extra_pre_encoded": { signed: 2 },
    "stt.parakeet.encoder.streaming.sampling_frames_first": { signed: 1 },
    "stt.frontend.normalize": "none",
  };
}

/** Returns the tensors of the streaming model for a tensor of the other model. Empty if the streaming model lacks it. */
function streamingTensors(tensor: GgufTensor): GgufTensor[] {
  const { name } = tensor;
  if (/running_(?:mean|var)$/u.test(name)) return [];
  const [inputs = 0] = tensor.shape;
  if (name === "enc.pre_encode.out.weight") return [resized(tensor, [frequencies(), shape.width])];
  if (name === "joint.out.weight") return [resized(tensor, [inputs, shape.vocabulary + 1])];
  if (name === "joint.out.bias") return [resized(tensor, [shape.vocabulary + 1])];
  return [tensor];
}

/** Returns the number of values of a frame after the subsampling, which pads each frame by 3 values in each of 3 steps. */
function frequencies(): number {
  const halved = (size: number): number => Math.floor(size / 2) + 1;
  return shape.channels * halved(halved(halved(shape.mels)));
}

/** Returns the tensor with other dimensions. A larger tensor repeats its weights. */
function resized({ name, weights }: GgufTensor, to: readonly number[]): GgufTensor {
  const size = to.reduce((product, one) => product * one, 1);
  return {
    name,
    shape: to,
    weights: Float32Array.from({ length: size }, (_, i) => weights[i % weights.length]!),
  };
}
