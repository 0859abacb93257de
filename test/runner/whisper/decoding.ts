/** Decodes one chunk with a fake engine, which returns the given answers in turn. */
import { expect } from "bun:test";
import type { SpeechSpan } from "../../../src/runner/audio/span.ts";
import type { Chunk, DecodeResult } from "../../../src/runner/engine/asr-structs.ts";
import type { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import type { Model } from "../../../src/runner/engine/asr-model.ts";
import { decodeUntilGood } from "../../../src/runner/whisper/decode.ts";
import { at } from "./model.ts";

/** Result of one attempt. If no field is given, the result is complete and has one likely token. */
export interface Answer {
  readonly avgLogprob?: number;
  readonly tokens?: readonly number[];
  readonly isComplete?: boolean;
  readonly noSpeechProb?: number;
}

export interface Decoding {
  readonly chunk?: Partial<Chunk>;
  readonly fallback?: boolean;
  readonly durationS?: number;
  readonly speech?: readonly SpeechSpan[] | null;
}

/** Returns the result that the decoder uses, and the attempts that it requested from the engine. */
export async function decodeWith(
  model: Model,
  answers: readonly Answer[],
  { chunk: changes = {}, fallback = true, durationS = 12, speech = null }: Decoding = {},
) {
  const chunk = { ...plainChunk, ...changes };
  const asked: { windowS: number; temperature: number; seed: number }[] = [];
  const lane: Partial<LaneClient> = {
    decode: async ({ windowS, temperature, seed, id, threads }): Promise<DecodeResult> => {
      expect([id, threads]).toEqual([chunk.id, chunk.threads]);
      const answer = answers[asked.length];
      asked.push({ windowS, temperature, seed });
      if (answer === undefined) throw new Error("No answer is left");
      const tokens = Int32Array.from(answer.tokens ?? [at(0), 0, at(1)]);
      return {
        logprobs: Float32Array.from(tokens, () => -0.1),
        avgLogprob: -0.2,
        noSpeechProb: 0,
        windowS,
        isComplete: true,
        ...answer,
        tokens,
      };
    },
  };
  const times = { durationS, speech };
  const decoded = await decodeUntilGood(lane as LaneClient, chunk, times, model, fallback);
  return { decoded, asked };
}

// --- internal ---

const plainChunk: Chunk = {
  input: new Float32Array(16),
  cancel: new Int32Array(1),
  prompt: new Int32Array(0),
  tokens: new Int32Array(0),
  id: 7,
  windowS: 15.36,
  language: 0,
  translate: false,
  timestamps: true,
  temperature: 0,
  beamSize: 5,
  bestOf: 5,
  seed: 0,
  threads: 2,
};
