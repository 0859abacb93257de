import { expect, test } from "bun:test";
import { usageOf } from "../../src/transcript/usage.ts";
import type { Transcript } from "../../src/transcript/transcript.ts";
import { plainFacts } from "./plain-facts.ts";

const transcript: Transcript = {
  task: "transcribe",
  text: "so",
  language: "en",
  durationS: 2.2,
  segments: [
    { ...plainFacts, id: 0, startS: 0, endS: 1, text: " so", tokens: [1, 2, 3] },
    { ...plainFacts, id: 1, startS: 1, endS: 2, text: " it", tokens: [4] },
  ],
  input: { audioFrames: 110, promptTokens: 9 },
  words: null,
};
const tokens = {
  type: "tokens",
  input_tokens: 119,
  input_token_details: { text_tokens: 9, audio_tokens: 110 },
  output_tokens: 4,
  total_tokens: 123,
} as const;
const duration = { type: "duration", seconds: 3 } as const;

test("a usage in tokens is the same in json and in the last event; verbose_json has only seconds", () => {
  expect(usageOf("json", transcript, true)).toEqual({ usage: tokens });
  expect(usageOf("event", transcript, true)).toEqual({ usage: tokens });
  expect(usageOf("verbose_json", transcript, true)).toEqual({ usage: duration });
});

test("a usage in seconds is the same in json and verbose_json; the last event has none", () => {
  expect(usageOf("json", transcript, false)).toEqual({ usage: duration });
  expect(usageOf("verbose_json", transcript, false)).toEqual({ usage: duration });
  expect(usageOf("event", transcript, false)).toEqual({});
});

test("without the input of the model the usage is in seconds, and translations have none", () => {
  const { input: _, ...unknown } = transcript;
  expect(usageOf("json", unknown, true)).toEqual({ usage: duration });
  expect(usageOf("event", unknown, true)).toEqual({});
  expect(usageOf("json", { ...transcript, task: "translate" }, true)).toEqual({});
});
