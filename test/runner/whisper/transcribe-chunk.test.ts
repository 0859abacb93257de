/** Tests the transcription of one chunk on one lane, with a fake engine. */
import { expect, test } from "bun:test";
import type { AudioChunk } from "../../../src/runner/audio/chunker.ts";
import type { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import type { Chunk, DecodeResult } from "../../../src/runner/engine/asr-structs.ts";
import {
  type ChunkContext,
  transcribeChunk,
} from "../../../src/runner/whisper/transcribe-chunk.ts";
import { plainOptions } from "../../ipc/plain-job.ts";
import { chunkAt } from "../job.ts";
import { at, modelOf } from "./model.ts";

const model = modelOf([" one", " two", " three"]);

function context(more: Partial<ChunkContext["options"]> = {}): ChunkContext {
  return {
    model,
    settings: { encoderWindow: "auto", temperatureFallback: false, beamSize: 5 },
    options: { ...plainOptions, ...more },
    promptTokens: new Int32Array(0),
    cancel: new Int32Array(1),
    threads: 1,
    remainingS: 20,
  };
}

/** Returns a chunk of 20 s with sound. It starts one minute after the start of the file. */
function audio(): AudioChunk {
  const chunk = chunkAt(60, 20);
  chunk.samples.fill(0.1);
  return chunk;
}

/** Returns a fake engine. It returns these answers in turn, and gives every word a duration of one second. */
function engine(...answers: readonly (readonly number[])[]) {
  const decoded: Chunk[] = [];
  const aligned: Chunk[] = [];
  const lane: Partial<LaneClient> = {
    decode: async (chunk): Promise<DecodeResult> => {
      const tokens = Int32Array.from(answers[decoded.length] ?? []);
      decoded.push(chunk);
      const facts = { avgLogprob: -0.1, noSpeechProb: 0, isComplete: true };
      return {
        tokens,
        logprobs: Float32Array.from(tokens, () => -0.1),
        windowS: chunk.windowS,
        ...facts,
      };
    },
    align: async (chunk) => {
      aligned.push(chunk);
      const startS = Float32Array.from(chunk.tokens, (_, n) => 1 + n);
      return { startS, endS: startS.map((s) => s + 1), probs: startS.map(() => 1) } as never;
    },
  };
  return { lane: lane as LaneClient, decoded, aligned };
}

test("the rest of a chunk is decoded from the end of the first part, with times counted from the start of the file", async () => {
  const { lane, decoded } = engine(
    // The second segment starts at 8 s and has no end.
    [at(0), 0, at(8), at(8), 1],
    [at(2), 1, 2, at(11)],
  );
  const { segments, language } = await transcribeChunk(lane, audio(), null, context());
  expect(decoded.map(({ input }) => input.length)).toEqual([2000, 1200]);
  expect(segments.map(({ startS, endS, text, seekS }) => ({ startS, endS, text, seekS }))).toEqual([
    { startS: 60, endS: 68, text: " one", seekS: 60 },
    { startS: 70, endS: 79, text: " two three", seekS: 68 },
  ]);
  expect(language).toBe("en");
});

test("words have times, counted from the start of the file, if the request contains this option", async () => {
  const { lane, aligned } = engine([at(0), 0, at(8), at(8), 1], [at(1), 1, 2, at(3)]);
  const { words } = await transcribeChunk(lane, audio(), "en", context({ words: true }));
  expect(aligned.map(({ tokens }) => [...tokens])).toEqual([[0], [1, 2]]);
  expect(words).toEqual([
    { text: "one", startS: 61, endS: 62 },
    { text: "two", startS: 69, endS: 70 },
    { text: "three", startS: 70, endS: 71 },
  ]);
});

test("digital silence is not decoded and has no language", async () => {
  const { lane, decoded } = engine();
  expect(await transcribeChunk(lane, chunkAt(0, 20), null, context())).toEqual({
    language: null,
    segments: [],
    words: [],
  });
  expect(decoded).toEqual([]);
});

test("each decoding of a job has its own id, because engines keep the encoder's output under that id", async () => {
  const { lane, decoded } = engine([at(0), 0, at(8), at(8), 1], [at(1), 1, at(3)]);
  await transcribeChunk(lane, audio(), "en", context());
  expect(new Set(decoded.map(({ id }) => id)).size).toBe(2);
});

test.each([
  [null, true, 1],
  [null, false, 0],
  [false, true, 0],
  [true, false, 1],
])("the request's retries %p replace the operator's %p", async (asked, operators, temperature) => {
  const { lane, decoded } = engine();
  const unsure: Partial<LaneClient> = {
    decode: async (chunk) => ({ ...(await lane.decode(chunk)), avgLogprob: -2 }),
  };
  const { settings, ...others } = context({ temperatureFallback: asked });
  const chosen = { ...others, settings: { ...settings, temperatureFallback: operators } };
  await transcribeChunk(unsure as LaneClient, audio(), "en", chosen);
  expect(Math.max(...decoded.map((chunk) => chunk.temperature))).toBe(temperature);
});
