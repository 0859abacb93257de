// Writes a file of corrections. src/runner/conversion/block-corrections.ts applies the corrections, and describes the
// format of the file.

import { constants, deflateRawSync } from "node:zlib";
import { type GgmlTensor, q8Block } from "../../src/runner/conversion/ggml-file.ts";

/** Returns a file of corrections. `correct` and `converted` must have the same tensors in the same order. */
export function writeCorrections(
  converted: readonly GgmlTensor[],
  correct: readonly GgmlTensor[],
): Uint8Array<ArrayBuffer> {
  const parts = converted.flatMap((tensor, i) => {
    if (tensor.type !== "q8_0") return [];
    const differences = subtract(correct[i]!.bytes(), tensor.bytes());
    const data = deflateRawSync(differences, { strategy: constants.Z_HUFFMAN_ONLY });
    return [new Uint8Array(Uint32Array.of(data.length).buffer), data];
  });
  return new Uint8Array(Buffer.concat(parts));
}

// --- internal ---

const scaleBytes = 2;

/** Returns the differences of one matrix, in the order of the file. */
function subtract(correct: Uint8Array, converted: Uint8Array): Uint8Array<ArrayBuffer> {
  const differences = new Uint8Array(correct.length);
  const count = correct.length / q8Block.bytes;
  let to = count * scaleBytes;
  for (let block = 0; block < count; block++) {
    const start = block * q8Block.bytes;
    const low = correct[start]! - converted[start]!;
    differences[block] = low;
    differences[count + block] = correct[start + 1]! - converted[start + 1]! + (low >> 8);
    for (let i = start + scaleBytes; i < start + q8Block.bytes; i++) {
      differences[to++] = correct[i]! - converted[i]!;
    }
  }
  return differences;
}
