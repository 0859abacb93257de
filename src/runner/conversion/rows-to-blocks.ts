/**
 * Converts 8-bit weights from CTranslate2's int8 to ggml's q8_0. int8 has one scale for each row. q8_0 has one scale
 * for each block of 32 weights. In each block of the result, the weights use the full range of 8 bits.
 */
import { q8Block } from "./ggml-file.ts";

/**
 * `scales` contains one scale for each row. When CTranslate2 created the weights, it multiplied the original weights of
 * the row by the scale and rounded the results.
 */
export function rowsToBlocks(weights: Int8Array, scales: Float32Array): Uint8Array<ArrayBuffer> {
  const blocksPerRow = weights.length / scales.length / q8Block.weights;
  const content = new ArrayBuffer((weights.length / q8Block.weights) * q8Block.bytes);
  const view = new DataView(content);
  const bytes = new Int8Array(content);
  let from = 0;
  let to = 0;
  for (const scale of scales) {
    for (let block = 0; block < blocksPerRow; block++) {
      const largest = largestIn(weights, from);
      view.setFloat16(to, largest / scale / weightMax, true);
      const factor = largest === 0 ? 0 : weightMax / largest;
      for (let i = 0; i < q8Block.weights; i++) {
        // Rounds to the nearest integer: adds 0.5 and cuts off the fraction. This is correct only for positive numbers.
        // Therefore 128 is added before and subtracted after. Math.round() takes five times as long.
        bytes[to + 2 + i] = ((weights[from + i]! * factor + 128.5) | 0) - 128;
      }
      from += q8Block.weights;
      to += q8Block.bytes;
    }
  }
  return new Uint8Array(content);
}

// --- internal ---

/** Largest 8-bit weight in both formats. The value -128 is not used. */
const weightMax = 127;

function largestIn(weights: Int8Array, from: number): number {
  let largest = 0;
  for (let i = from; i < from + q8Block.weights; i++) {
    const size = Math.abs(weights[i]!);
    if (size > largest) largest = size;
  }
  return largest;
}
