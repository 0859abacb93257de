/**
 * Tests the recordings that are embedded in the executable: their audio and text, and the wav files that are made from
 * them.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadSamples } from "../../src/platform/samples.ts";
import { wavOf } from "../../src/platform/wav.ts";
import { encodeWav } from "../e2e/wav.ts";

const folder = join(import.meta.dir, "../../samples");

test("every recording in samples/ is embedded with its text", async () => {
  const samples = await loadSamples();
  const recordings = readdirSync(folder).filter((name) => name.endsWith(".flac"));
  expect(samples.map(({ name }) => `${name}.flac`)).toEqual(recordings.toSorted());
  for (const { name, text, pcm, durationS } of samples) {
    expect(text).toBe(readFileSync(join(folder, `${name}.txt`), "utf8").trim());
    expect(durationS).toBe(5);
    const loudest = Math.max(...new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2));
    expect(loudest).toBeGreaterThan(5000);
  }
});

test("a wav file has the samples one after another", async () => {
  const [first, second] = [Int16Array.of(1, -2, 3), Int16Array.of(32_767, -32_768)];
  const made = wavOf([first, second].map((one) => ({ pcm: new Uint8Array(one.buffer) })));
  const expected = await encodeWav(Int16Array.of(...first, ...second)).bytes();
  expect(made).toEqual(expected);
});
