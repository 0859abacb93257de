import { describe, expect, test } from "bun:test";
import { type AudioChunk, Chunker } from "../../../src/runner/audio/chunker.ts";
import { PauseCutter } from "../../../src/runner/audio/pause-cutter.ts";

const sampleRate = 16_000;
const chunkMaxS = 30;

/** Returns loud audio with silences. `silences` contains the start and end of each silence in seconds. */
function speech(durationS: number, silences: readonly (readonly [number, number])[]): Float32Array {
  return Float32Array.from({ length: durationS * sampleRate }, (_, n) => {
    const seconds = n / sampleRate;
    const silent = silences.some(([fromS, toS]) => fromS <= seconds && seconds < toS);
    return silent ? 0.001 * Math.sin(n) : 0.5 * Math.sin(n / 7);
  });
}

function chunksOf(samples: Float32Array, pieceS = chunkMaxS): AudioChunk[] {
  const chunker = new Chunker(sampleRate, new PauseCutter(sampleRate, chunkMaxS));
  const chunks: AudioChunk[] = [];
  const takeAll = (): void => {
    for (let chunk = chunker.take(); chunk !== null; chunk = chunker.take()) chunks.push(chunk);
  };
  const piece = pieceS * sampleRate;
  for (let at = 0; at < samples.length; at += piece) {
    chunker.push(samples.subarray(at, at + piece));
    takeAll();
  }
  chunker.finish();
  takeAll();
  return chunks;
}

describe("Chunker with a PauseCutter", () => {
  test("returns one chunk for audio that fits into one", () => {
    const chunks = chunksOf(speech(12.5, []));
    expect(chunks.map(({ startS, durationS }) => [startS, durationS])).toEqual([[0, 12.5]]);
  });

  test("returns no chunk for no audio", () => {
    expect(chunksOf(new Float32Array(0))).toEqual([]);
  });

  test("neither loses nor repeats a sample, whatever pieces it gets", () => {
    const samples = Float32Array.from({ length: 95 * sampleRate }, (_, n) => Math.sin(n * n));
    for (const pieceS of [30, 0.37, 7]) {
      const chunks = chunksOf(samples, pieceS);
      const joined = Buffer.concat(
        chunks.map((chunk) => Buffer.from(new Float32Array(chunk.samples).buffer)),
      );
      expect(joined.equals(Buffer.from(samples.buffer))).toBe(true);
      let fromS = 0;
      for (const { startS, durationS } of chunks) {
        expect(startS).toBeCloseTo(fromS, 6);
        expect(durationS).toBeLessThanOrEqual(chunkMaxS);
        fromS += durationS;
      }
    }
  });

  test("cuts in the middle of a pause", () => {
    const [first] = chunksOf(speech(50, [[24, 25]]));
    expect(first!.durationS).toBeWithin(24.2, 24.9);
  });

  test("prefers a late pause to an early one of the same depth, and any pause to none", () => {
    const [late] = chunksOf(
      speech(50, [
        [19, 19.5],
        [27, 27.5],
      ]),
    );
    expect(late!.durationS).toBeWithin(27, 27.5);
    const [early] = chunksOf(
      speech(50, [
        [10, 11],
        [19, 19.5],
      ]),
    );
    expect(early!.durationS).toBeWithin(19, 19.5);
  });

  test("does not cut in the first 60 % of the longest chunk, however deep a pause there is", () => {
    const [first] = chunksOf(speech(50, [[10, 11]]));
    expect(first!.durationS).toBeWithin(0.6 * chunkMaxS - 0.01, chunkMaxS + 0.001);
  });

  test("cuts quiet audio in its pauses, too", () => {
    const quiet = speech(50, [[19, 19.5]]).map((x) => x / 3000);
    const [first] = chunksOf(quiet);
    expect(first!.durationS).toBeWithin(19, 19.5);
  });

  test("does not take the closure of a consonant for a pause", () => {
    const [first] = chunksOf(
      speech(50, [
        [22, 22.6],
        [28, 28.05],
      ]),
    );
    expect(first!.durationS).toBeWithin(22, 22.6);
  });

  test("cuts speech without pauses, and silence, into chunks of 17 to 30 s", () => {
    for (const samples of [speech(100, []), new Float32Array(100 * sampleRate)]) {
      const chunks = chunksOf(samples);
      for (const { durationS } of chunks.slice(0, -1)) expect(durationS).toBeWithin(17, 30.001);
      expect(chunks.reduce((sum, { durationS }) => sum + durationS, 0)).toBeCloseTo(100, 6);
    }
  });

  test("counts the seconds that it got", () => {
    const chunker = new Chunker(sampleRate, new PauseCutter(sampleRate, chunkMaxS));
    chunker.push(new Float32Array(sampleRate * 2.5));
    expect(chunker.durationS).toBe(2.5);
    chunker.finish();
    chunker.take();
    chunker.push(new Float32Array(sampleRate));
    expect(chunker.durationS).toBe(3.5);
  });
});

test("no chunk starts before the audio of a video that starts without sound", () => {
  const chunker = new Chunker(sampleRate, new PauseCutter(sampleRate, chunkMaxS));
  chunker.audioFrom = 32 * sampleRate;
  chunker.push(new Float32Array(40 * sampleRate));
  chunker.finish();
  const chunk = chunker.take();
  expect(chunk?.startS).toBe(32);
  expect(chunk?.durationS).toBe(8);
  expect(chunk?.samples.length).toBe(8 * sampleRate);
  expect(chunker.take()).toBeNull();
});
