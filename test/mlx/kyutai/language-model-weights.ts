/** Computes the weights of a random language model, under the names of moshi-mlx. */
import type { PlainTensor } from "./plain-tensor.ts";
import { randomWeights } from "./random-weights.ts";
import type { KyutaiShape } from "./shapes.ts";

/** Number of heads for the end of a turn, number of outputs of each, and sizes of their random and their common parts. */
export const turnHeads = { count: 4, outputs: 6, size: 6, bias: 8 };
/** Ids of the mark before a word and of the padding. */
const wordId = 0;
const paddingId = 3;

export function* languageModelTensors(shape: KyutaiShape): Generator<PlainTensor> {
  const { width, layers, vocabulary, codebooks, mimi } = shape;
  const hidden = (11 * width) / 4;
  yield embedding("text_emb.weight", vocabulary + 1, width, 1, shared(width));
  for (let i = 0; i < codebooks; i++) {
    yield embedding(`audio_embs.${i}.weight`, mimi.codes + 1, width, 1 / Math.sqrt(codebooks));
  }
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string) => `transformer.layers.${layer}.${part}.weight`;
    yield vector(name("norm1"), width);
    yield matrix(name("self_attn.in_proj"), 3 * width, width, 1.5);
    yield matrix(name("self_attn.out_proj"), width, width, 1);
    yield vector(name("norm2"), width);
    yield matrix(name("gating.linear_in"), 2 * hidden, width, 1);
    yield matrix(name("gating.linear_out"), width, hidden, 1);
  }
  yield vector("out_norm.weight", width);
  yield textHead(shape);
  if (shape.hasTurnHeads !== true) return;
  for (let i = 0; i < turnHeads.count; i++) {
    yield turnHead(i, shape);
  }
}

// --- internal ---

/** A vector that all embeddings of text contain, so that a row of the text head can act as a bias. */
function shared(width: number): Float32Array {
  return randomWeights("shared", width, 1);
}

function matrix(name: string, outputs: number, inputs: number, size: number): PlainTensor {
  const values = () => randomWeights(name, outputs * inputs, size / Math.sqrt(inputs));
  return { name, shape: [outputs, inputs], values };
}

function vector(name: string, width: number): PlainTensor {
  return { name, shape: [width], values: () => randomWeights(name, width, 0.1, 1) };
}

function embedding(
  name: string,
  rows: number,
  width: number,
  size: number,
  added?: Float32Array,
): PlainTensor {
  const values = () => {
    const weights = randomWeights(name, rows * width, size);
    if (added !== undefined)
      weights.forEach((weight, i) => (weights[i] = weight + added[i % width]!));
    return weights;
  };
  return { name, shape: [rows, width], values };
}

/** Returns a head for the end of a turn. Its first row acts as a bias, because its output is that a turn has ended. */
function turnHead(index: number, { width }: KyutaiShape): PlainTensor {
  const { outputs, size, bias } = turnHeads;
  const name = `extra_heads.${index}.weight`;
  const values = () => {
    const weights = randomWeights(name, outputs * width, size / Math.sqrt(width));
    const common = shared(width);
    for (let i = 0; i < width; i++) weights[i]! += (bias * common[i]!) / width;
    return weights;
  };
  return { name, shape: [outputs, width], values };
}

/** Returns the head of the text. The rows of the padding and of the mark before a word act as biases. */
function textHead({ width, vocabulary, text }: KyutaiShape): PlainTensor {
  const name = "text_linear.weight";
  const values = () => {
    const weights = randomWeights(name, vocabulary * width, text.logits / Math.sqrt(width));
    const bias = shared(width);
    for (const [id, size] of [
      [paddingId, text.padding],
      [wordId, text.word],
    ] as const) {
      for (let i = 0; i < width; i++) weights[id * width + i]! += (size * bias[i]!) / width;
    }
    return weights;
  };
  return { name, shape: [vocabulary, width], values };
}
