import { expect, test } from "bun:test";
import { correctBlocks } from "../../../src/runner/conversion/block-corrections.ts";
import { type GgmlTensor, q8Block } from "../../../src/runner/conversion/ggml-file.ts";
import { writeCorrections } from "../../../vendor/models/block-corrections.ts";

const blockCount = 6;

/** Returns a q8_0 matrix. The byte with index i is i times `step`, modulo 256. */
function matrix(step: number): GgmlTensor {
  const shape = [2, (blockCount / 2) * q8Block.weights];
  const bytes = () =>
    Uint8Array.from({ length: blockCount * q8Block.bytes }, (_, i) => (i * step) & 255);
  return { name: "matrix", shape, type: "q8_0", bytes };
}

const vector: GgmlTensor = {
  name: "vector",
  shape: [1],
  type: "float32",
  bytes: () => new Uint8Array(4),
};

test("corrected blocks have the bits of the original, also where a difference overflows", () => {
  const original = [matrix(37), vector, matrix(91)];
  const converted = [matrix(201), vector, matrix(5)];
  const corrected = correctBlocks(converted, writeCorrections(converted, original));
  expect(corrected.map(({ bytes }) => bytes())).toEqual(original.map(({ bytes }) => bytes()));
});

test("corrections of fewer or smaller matrices are an error", () => {
  const one = writeCorrections([matrix(3)], [matrix(7)]);
  expect(() => correctBlocks([matrix(3), matrix(3)], one)).toThrow("belong to another model");
  const small: GgmlTensor = { ...matrix(3), bytes: () => new Uint8Array(q8Block.bytes) };
  const [larger] = correctBlocks([matrix(3)], writeCorrections([small], [small]));
  expect(() => larger!.bytes()).toThrow("belong to another model");
});
