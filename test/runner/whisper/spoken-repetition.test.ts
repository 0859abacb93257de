/** A repetition of the speaker is decoded twice at most; a loop of the decoder is sampled until it ends. */
import { expect, test } from "bun:test";
import type { Chunk, DecodeResult } from "../../../src/runner/engine/asr-structs.ts";
import type { SpeechSpan } from "../../../src/runner/audio/span.ts";
import type { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import { decodeUntilGood } from "../../../src/runner/whisper/decode.ts";
import { at, info, modelOf } from "./model.ts";

const model = modelOf([" Agent", " login", "."]);
const phrase = [0, 1, 2];

/** Ten times the phrase, each with its own times (`spoken`) or in one segment (`looped`). */
const spoken = Array.from({ length: 10 }, (_, n) => [
  at(1.7 * n),
  ...phrase,
  at(1.7 * (n + 1)),
]).flat();
const looped = [at(0), ...Array.from({ length: 10 }, () => phrase).flat(), at(17)];

/** Decodes with a fake engine that returns these answers in turn; also returns the temperatures of the attempts. */
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
