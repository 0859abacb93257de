import { expect, test } from "bun:test";
import { rowsToBlocks } from "../../../src/runner/conversion/rows-to-blocks.ts";

const columns = 64;

/** Returns the weights in the blocks as numbers. */
function weightsIn(blocks: Uint8Array<ArrayBuffer>): number[] {
  const view = new DataView(blocks.buffer);
  return Array.from({ length: (blocks.length / 34) * 32 }, (_, i) => {
    const start = Math.floor(i / 32) * 34;
    return view.getFloat16(start, true) * view.getInt8(start + 2 + (i % 32));
  });
}

test("each weight differs from the original by less than a step of its block", () => {
  const rows = Int8Array.from({ length: 2 * columns }, (_, i) => ((i * 89) % 255) - 127);
  const scales = Float32Array.of(40, 1000);
  const found = weightsIn(rowsToBlocks(rows, scales));
  expect(found).toHaveLength(rows.length);
  for (const [i, weight] of found.entries()) {
    const scale = scales[Math.floor(i / columns)]!;
    expect(Math.abs(weight - rows[i]! / scale)).toBeLessThan(0.6 / scale);
  }
});

test("a block of small weights uses all 8 bits, so that it loses nothing", () => {
  const rows = new Int8Array(columns);
  rows.set([127, -127]);
  rows.set([1, -1, 2, -3], 32);
  const blocks = new Int8Array(rowsToBlocks(rows, Float32Array.of(127)).buffer);
  expect([...blocks.subarray(2, 5)]).toEqual([127, -127, 0]);
  expect([...blocks.subarray(36, 41)]).toEqual([42, -42, 85, -127, 0]);
});

test("a block of zeros stays zero", () => {
  expect(weightsIn(rowsToBlocks(new Int8Array(32), Float32Array.of(1)))).toEqual(
    Array.from({ length: 32 }, () => 0),
  );
});
