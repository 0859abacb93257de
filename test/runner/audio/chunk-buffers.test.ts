import { expect, test } from "bun:test";
import { ChunkBuffers } from "../../../src/runner/audio/chunk-buffers.ts";

test("a returned buffer is reused for a chunk that fits into it, and for one chunk at a time", () => {
  const buffers = new ChunkBuffers();
  const first = buffers.take(480_000);
  buffers.giveBack(first);
  const second = buffers.take(300_000);
  expect(second.buffer).toBe(first.buffer);
  expect(second.length).toBe(300_000);
  expect(buffers.take(300_000).buffer).not.toBe(first.buffer);
  buffers.giveBack(second);
  expect(buffers.take(600_000).buffer).not.toBe(first.buffer);
});

test("after a burst of chunks, only some of the returned buffers are kept", () => {
  const buffers = new ChunkBuffers();
  const taken = Array.from({ length: 100 }, () => buffers.take(1));
  for (const samples of taken) buffers.giveBack(samples);
  const known = new Set(taken.map(({ buffer }) => buffer));
  const again = taken.filter(() => known.has(buffers.take(1).buffer));
  expect(again.length).toBeWithin(1, 33);
});
