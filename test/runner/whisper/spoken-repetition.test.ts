/**
 * Tests repetitions. If the speaker repeats a phrase, the chunk is decoded at most twice. If the decoder itself repeats
 * a phrase (a loop), the chunk is decoded at rising temperatures until the loop disappears.
 */
import { expect, test } from "bun:test";
import { decodeWith, type Decoding } from "./decoding.ts";
import { at, info, modelOf } from "./model.ts";

const model = modelOf([" Agent", " login", "."]);
const phrase = [0, 1, 2];

/**
 * Tokens of ten repetitions of the phrase. In `spoken`, each repetition is a segment with its own times. In `looped`,
 * all repetitions are in one segment.
 */
const spoken = Array.from({ length: 10 }, (_, n) => [
  at(1.7 * n),
  ...phrase,
  at(1.7 * (n + 1)),
]).flat();
const looped = [at(0), ...Array.from({ length: 10 }, () => phrase).flat(), at(17)];

/**
 * Decodes a chunk. Each attempt gets the next element of `answers`. If no element is left, the attempt gets the last
 * element again. Returns the attempt whose result is used, and the temperatures of all attempts.
 */
async function decode(
  answers: readonly (readonly number[])[],
  windowS: number = info.windowMaxS,
  speech: Decoding["speech"] = null,
) {
  const all = Array.from({ length: 10 }, (_, n) => answers[Math.min(n, answers.length - 1)]!);
  const { decoded, asked } = await decodeWith(
    model,
    all.map((tokens) => ({ tokens, avgLogprob: -0.3, noSpeechProb: 0.1 })),
    { chunk: { windowS }, durationS: 17, speech },
  );
  return { attempt: decoded.attempt, temperatures: asked.map(({ temperature }) => temperature) };
}

test("a spoken repetition is decoded once in the full window", async () => {
  const { temperatures } = await decode([spoken]);
  expect(temperatures).toEqual([0]);
});

test("a spoken repetition is decoded once more after a cut window", async () => {
  const { attempt, temperatures } = await decode([spoken], 19.2);
  expect(temperatures).toEqual([0, 0]);
  expect(attempt).toEqual({ windowS: info.windowMaxS, temperature: 0 });
});

test("sampling ends when each repetition has its own times", async () => {
  const { attempt, temperatures } = await decode([looped, spoken]);
  expect(temperatures).toEqual([0, 0.2]);
  expect(attempt.temperature).toBe(0.2);
});

test("a loop of the decoder is sampled at all temperatures", async () => {
  const { temperatures } = await decode([looped]);
  expect(temperatures).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});

test("a repetition inside one segment is sampled twice if there is enough speech for it", async () => {
  const words = Array.from({ length: 10 }, (_, n) => ({ startS: 1.7 * n, endS: 1.7 * n + 1.2 }));
  const { temperatures } = await decode([looped], info.windowMaxS, words);
  expect(temperatures).toEqual([0, 0.2, 0.4]);
});

test("a loop with little speech is sampled at all temperatures", async () => {
  const { temperatures } = await decode([looped], info.windowMaxS, [{ startS: 3, endS: 5 }]);
  expect(temperatures).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});
