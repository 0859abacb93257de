// Converts weights to ggml's format q8_0. A block has 32 weights and one float16 scale. Each weight is an 8-bit
// multiple of the scale.

import { type GgmlTensor, q8Block } from "../../src/runner/conversion/ggml-file.ts";

const { weights: blockWeights, bytes: blockBytes } = q8Block;

/**
 * Quantises a matrix. The result is equal to the result of ggml's reference implementation, bit by bit. Returns any
 * other tensor unchanged.
 */
export function quantizeQ8_0(tensor: GgmlTensor): GgmlTensor {
  if (tensor.type !== "float16" || tensor.shape.length !== 2) return tensor;
  return { ...tensor, type: "q8_0", bytes: () => quantized(tensor.bytes()) };
}

// --- internal ---

function quantized(float16: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const weights = new Float32Array(new Float16Array(float16.slice().buffer));
  const bytes = new Uint8Array((weights.length / blockWeights) * blockBytes);
  for (let block = 0; block * blockWeights < weights.length; block++) {
    quantizeBlock(weights, block * blockWeights, bytes, block * blockBytes);
  }
  return bytes;
}

const scaleFloat16 = new Float16Array(1);
const scaleBytes = new Uint8Array(scaleFloat16.buffer);

function quantizeBlock(weights: Float32Array, from: number, bytes: Uint8Array, to: number): void {
  let largest = 0;
  for (let i = 0; i < blockWeights; i++)
    largest = Math.max(largest, Math.abs(weights[from + i] ?? 0));
  // Each intermediate result is rounded to float32, as in the reference implementation.
  const scale = Math.fround(largest / 127);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  scaleFloat16[0] = scale;
  bytes.set(scaleBytes, to);
  for (let i = 0; i < blockWeights; i++) {
    const multiple = Math.fround((weights[from + i] ?? 0) * inverse);
    bytes[to + 2 + i] = multiple < 0 ? Math.ceil(multiple - 0.5) : Math.floor(multiple + 0.5);
  }
}
