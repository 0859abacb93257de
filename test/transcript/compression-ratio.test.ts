import { expect, test } from "bun:test";
import { compressionRatio } from "../../src/transcript/compression-ratio.ts";

test("compressionRatio() is OpenAI's: UTF-8 bytes over bytes after zlib", () => {
  expect(compressionRatio("")).toBe(0);
  const text = " And so, my fellow Americans, ask not what your country can do for you.";
  expect(compressionRatio(text)).toBeWithin(0.9, 1.3);
  expect(compressionRatio(" Thank you for watching.".repeat(20))).toBeGreaterThan(2.4);
  // zlib compresses 100 letters "a" to 12 bytes. The letter "é" counts as two bytes.
  expect(compressionRatio("a".repeat(100))).toBeCloseTo(100 / 12, 5);
  expect(compressionRatio("é".repeat(50))).toBeGreaterThan(5);
});
