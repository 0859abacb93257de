/** What a speaker says over and over is transcribed as often, without a search for a text that repeats less. */
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

/** "Agent login", and a short pause, ten times. */
function repeated(): File {
  const phrase = recording("en_agent-user.flac").subarray(0, phraseS * rate);
  return wavOf(times * everyS, (n) => phrase[n % (everyS * rate)] ?? 0);
}

// The longest search of this suite, twice as long as the one below.
test.skipIf(!isFull)(
  "a phrase that is spoken ten times stands there ten times, with times of its own",
  async () => {
    const form = formOf({ file: repeated(), language: "en", response_format: "verbose_json" });
    const response = await server.post(form);
    const { text, segments } = (await response.json()) as TranscriptionVerbose;
    expect(text.match(/agent log\s?in/giu)).toHaveLength(times);
    // Each attempt raises the temperature by 0.2: the answer is one of the first three in the full window.
    for (const { temperature } of segments!) expect(temperature).toBeLessThanOrEqual(0.41);
    for (const [index, { start }] of segments!.entries()) {
      expect(start).toBeWithin(index * everyS - 0.6, index * everyS + 0.6);
    }
  },
);

test("a word that is spoken ten times in one segment is not reduced to one", async () => {
  // "Goodbye", and a short pause.
  const word = recording("en_demo-thanks.flac").subarray(0, 0.8 * rate);
  const file = wavOf(times * 1.2, (n) => word[n % (1.2 * rate)] ?? 0);
  const form = formOf({ file, response_format: "verbose_json" });
  const response = await server.post(form);
  const { text, segments } = (await response.json()) as TranscriptionVerbose;
  // The decoder, which has no times for words, writes one too many.
  expect(text.match(/good.?bye/giu)!.length).toBeWithin(times - 1, times + 3);
  // Two samples follow the first result.
  for (const { temperature } of segments!) expect(temperature).toBeLessThanOrEqual(0.41);
});
