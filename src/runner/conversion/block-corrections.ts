/**
 * Corrects blocks of q8_0 that were converted from int8. The corrected blocks are identical to blocks that are made
 * from the original weights. Most corrections are -1, 0 or 1. Therefore their compressed file has only a quarter of the
 * size of the blocks.
 *
 * The file contains one part for each matrix: the length of the compressed data in 32 bits (little endian), then the
 * data, compressed with raw deflate. The data contains differences. A difference is the correct number minus the
 * converted number. Overflow is ignored.
 *
 * First come the differences of the scales, which are treated as 16-bit integers: the low bytes of all differences,
 * then the high bytes. Then comes the difference of each weight, which has 8 bits.
 */
import { inflateRawSync } from "node:zlib";
import { AsrError } from "../../errors.ts";
import { type GgmlTensor, q8Block } from "./ggml-file.ts";

/** Returns the tensors with corrected blocks. The file `corrections` must have been made for the same matrices. */
export function correctBlocks(
  tensors: readonly GgmlTensor[],
  corrections: Uint8Array<ArrayBuffer>,
): readonly GgmlTensor[] {
  const parts = partsOf(corrections);
  return tensors.map((tensor) => {
    if (tensor.type !== "q8_0") return tensor;
    const part = parts.next();
    if (part.done) throw damaged();
    return { ...tensor, bytes: () => correct(tensor.bytes(), part.value) };
  });
}

// --- internal ---

const lengthBytes = 4;
const scaleBytes = 2;

function* partsOf(file: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let start = 0; start < file.length;) {
    const from = start + lengthBytes;
    start = from + view.getUint32(start, true);
    yield file.subarray(from, start);
  }
}

/** Adds the differences of one matrix to its blocks, in place. */
function correct(
  blocks: Uint8Array<ArrayBuffer>,
  part: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const differences = inflateRawSync(part, { maxOutputLength: blocks.length });
  if (differences.length !== blocks.length) throw damaged();
  const count = blocks.length / q8Block.bytes;
  let from = count * scaleBytes;
  for (let block = 0; block < count; block++) {
    const start = block * q8Block.bytes;
    const low = blocks[start]! + differences[block]!;
    blocks[start] = low;
    blocks[start + 1]! += differences[count + block]! + (low >> 8);
    for (let i = start + scaleBytes; i < start + q8Block.bytes; i++) {
      blocks[i]! += differences[from++]!;
    }
  }
  return blocks;
}

function damaged(): AsrError {
  return new AsrError(
    "model_load_failed",
    "Cannot convert the model: the corrections in the executable belong to another model",
  );
}
