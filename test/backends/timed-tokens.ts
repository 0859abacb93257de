/** Defines the checks that apply to all tokens with times. */
import { expect } from "bun:test";
import {
  inputKind,
  type ModelInfo,
  type TimedTokens,
} from "../../src/runner/engine/asr-structs.ts";

/** Checks the tokens of one chunk, or of all calls of a stream in order. The audio is `audioS` seconds long. */
export function expectTimed(
  results: readonly TimedTokens[],
  info: ModelInfo,
  audioS: number,
): void {
  const all = joinResults(results);
  expect(all.tokens.every((id) => id >= 0 && id < info.tokenTextEnd)).toBe(true);
  expect(all.logprobs.every((logprob) => logprob <= 1e-4)).toBe(true);
  expect(all.startS).toEqual(all.startS.toSorted((a, b) => a - b));
  expect(all.startS.every((start, i) => start >= 0 && all.endS[i]! >= start)).toBe(true);
  expect(all.endS.every((end) => end <= audioS + 1e-3)).toBe(true);
  const offGrid = all.startS.filter(
    (start) => Math.abs(start / info.frameS - Math.round(start / info.frameS)) > 0.01,
  );
  expect(offGrid).toEqual([]);
  for (const { logprobs, avgLogprob } of results) {
    const sum = logprobs.reduce((a, b) => a + b, 0);
    expect(avgLogprob).toBeCloseTo(logprobs.length === 0 ? 0 : sum / logprobs.length, 4);
  }
}

/** Joins the tokens of several calls. */
export function joinResults(results: readonly TimedTokens[]) {
  return {
    tokens: results.flatMap(({ tokens }) => [...tokens]),
    logprobs: results.flatMap(({ logprobs }) => [...logprobs]),
    startS: results.flatMap(({ startS }) => [...startS]),
    endS: results.flatMap(({ endS }) => [...endS]),
  };
}

export function secondsOf(samples: Float32Array, { input }: ModelInfo): number {
  return samples.length / (input === inputKind.pcm24k ? 24_000 : 16_000);
}
