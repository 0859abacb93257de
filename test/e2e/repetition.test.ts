/**
 * Tests that repetitions in speech remain in the transcript. The decoder must not try higher and higher temperatures to
 * find a text with fewer repetitions.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { TranscriptionVerbose } from "openai/resources/audio/transcriptions";
import { recording } from "../backends/recording.ts";
import { isFull } from "../full.ts";
import { formOf, startServer, type TestServer } from "./server.ts";
import { wavOf } from "./wav.ts";

setDefaultTimeout(300_000);

const rate = 16_000;
const phraseS = 1.4;
const everyS = 1.7;
const times = 10;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Returns a recording of "Agent login" and a short pause, repeated ten times. */
function repeated(): File {
  const phrase = recording("en_agent-user.flac").subarray(0, phraseS * rate);
  return wavOf(times * everyS, (n) => phrase[n % (everyS * rate)] ?? 0);
}

// Decoding takes twice as long as in the test with a single word below. So this test runs only in the full run.
test.skipIf(!isFull)(
  "the transcript contains a phrase ten times, each time with its own times, if the speaker repeats it ten times",
  async () => {
    const form = formOf({ file: repeated(), language: "en", response_format: "verbose_json" });
    const response = await server.post(form);
    const { text, segments } = (await response.json()) as TranscriptionVerbose;
    expect(text.match(/agent log\s?in/giu)).toHaveLength(times);
    // The decoder must stop after three attempts with the full window. They have the temperatures 0, 0.2 and 0.4.
    for (const { temperature } of segments!) expect(temperature).toBeLessThanOrEqual(0.41);
    for (const [index, { start }] of segments!.entries()) {
      expect(start).toBeWithin(index * everyS - 0.6, index * everyS + 0.6);
    }
  },
);

test("the transcript keeps the repetitions of a word that a speaker says ten times within one segment", async () => {
  // The word "Goodbye", followed by a short pause.
  const word = recording("en_demo-thanks.flac").subarray(0, 0.8 * rate);
  const file = wavOf(times * 1.2, (n) => word[n % (1.2 * rate)] ?? 0);
  const form = formOf({ file, response_format: "verbose_json" });
  const response = await server.post(form);
  const { text, segments } = (await response.json()) as TranscriptionVerbose;
  // The decoder sometimes writes the word more often than the speaker says it: 13 times on the worst CPU so far. The
  // upper bound is two words above this number.
  expect(text.match(/good.?bye/giu)!.length).toBeWithin(times - 1, 16);
  // The first attempt has the temperature 0. Without the rule for repetitions, the decoder would make six more attempts,
  // up to 1. With this rule, it makes at most three more on the worst CPU so far, up to 0.6.
  for (const { temperature } of segments!) expect(temperature).toBeLessThanOrEqual(0.61);
});
