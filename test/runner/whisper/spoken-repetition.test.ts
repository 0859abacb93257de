/** What a speaker repeats is decoded twice at most; what a decoder repeats is sampled until it is not. */
import { expect, test } from "bun:test";
import type { Chunk, DecodeResult } from "../../../src/runner/engine/asr-structs.ts";
import type { SpeechSpan } from "../../../src/runner/audio/span.ts";
import type { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import { decodeUntilGood } from "../../../src/runner/whisper/decode.ts";
import { at, info, modelOf } from "./model.ts";

const model = modelOf([" Agent", " login", "."]);
const phrase = [0, 1, 2];

/** Ten times the phrase, at its own times, or in one stretch. */
const spoken = Array.from({ length: 10 }, (_, n) => [
  at(1.7 * n),
  ...phrase,
  at(1.7 * (n + 1)),
]).flat();
const looped = [at(0), ...Array.from({ length: 10 }, () => phrase).flat(), at(17)];

/** Decodes with an engine that gives one answer after the other, and counts its calls. */
async function decode(
  answers: readonly (readonly number[])[],
  windowS: number = info.windowMaxS,
  speech: readonly SpeechSpan[] | null = null,
) {
  const temperatures: number[] = [];
  const lane: Pick<LaneClient, "decode"> = {
    decode: async (chunk): Promise<DecodeResult> => {
      const tokens = Int32Array.from(answers[Math.min(temperatures.length, answers.length - 1)]!);
      temperatures.push(chunk.temperature);
      return {
        tokens,
        logprobs: Float32Array.from(tokens, () => -0.3),
        avgLogprob: -0.3,
        noSpeechProb: 0.1,
        windowS: chunk.windowS,
        isComplete: true,
      };
    },
  };
  const chunk: Chunk = {
    input: new Float32Array(17 * 16_000),
    cancel: new Int32Array(1),
    prompt: new Int32Array(0),
    tokens: new Int32Array(0),
    id: 1,
    windowS,
    language: 0,
    translate: false,
    timestamps: true,
    temperature: 0,
    beamSize: 5,
    bestOf: 5,
    seed: 0,
    threads: 1,
  };
  const { attempt } = await decodeUntilGood(
    lane as LaneClient,
    chunk,
    { durationS: 17, speech },
    model,
    true,
  );
  return { attempt, temperatures };
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

test("sampling ends where the repetition has times of its own", async () => {
  const { attempt, temperatures } = await decode([looped, spoken]);
  expect(temperatures).toEqual([0, 0.2]);
  expect(attempt.temperature).toBe(0.2);
});

test("a decoder loop is sampled at all temperatures", async () => {
  const { temperatures } = await decode([looped]);
  expect(temperatures).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});

test("a repetition in one segment is sampled twice if it has the pace of the speech", async () => {
  const words = Array.from({ length: 10 }, (_, n) => ({ startS: 1.7 * n, endS: 1.7 * n + 1.2 }));
  const { temperatures } = await decode([looped], info.windowMaxS, words);
  expect(temperatures).toEqual([0, 0.2, 0.4]);
});

test("a loop over little speech is sampled at all temperatures", async () => {
  const { temperatures } = await decode([looped], info.windowMaxS, [{ startS: 3, endS: 5 }]);
  expect(temperatures).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});
