/** Silence stays silent, and speech beside it is heard: voice activity in front of the model. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { TranscriptionVerbose } from "openai/resources/audio/transcriptions";
import { recording } from "../backends/recording.ts";
import { whiteNoise } from "../backends/signals.ts";
import { repository } from "./executable.ts";
import { formOf, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(300_000);

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const noise = whiteNoise(60);
/** Deep, as wind and traffic are: each sample leans on the one before. */
const brown = (() => {
  let level = 0;
  return noise.map((x) => (level = 0.998 * level + 0.02 * x));
})();
const hum = (n: number): number => 0.2 * Math.sin((2 * Math.PI * 50 * n) / 16_000);
const clicks = (n: number): number => (n % 8000 < 8 ? 0.9 : 0);
const chord = (n: number): number =>
  [261.6, 329.6, 392].reduce(
    (sum, hz) => sum + 0.15 * Math.sin((2 * Math.PI * hz * n) / 16_000),
    0,
  );

describe("what nobody said", () => {
  test.each<[string, number, (n: number) => number]>([
    ["digital silence", 30, () => 0],
    ["digital silence for minutes", 300, () => 0],
    ["quiet white noise", 20, (n) => 0.001 * noise[n]!],
    ["white noise", 20, (n) => 0.05 * noise[n]!],
    ["loud white noise", 10, (n) => 0.9 * noise[n]!],
    ["brown noise", 30, (n) => brown[n]!],
    ["a tone", 10, tone],
    ["mains hum", 20, hum],
    ["clicks", 20, clicks],
    ["a chord", 20, chord],
  ])("%s of %i s is an empty transcript", async (_what, durationS, sampleAt) => {
    const file = wavOf(durationS, sampleAt);
    const response = await server.post(formOf({ file, response_format: "verbose_json" }));
    expect(await response.json()).toMatchObject({ text: "", segments: [], duration: durationS });
  });

  test.each([
    ["json", '{"text":"","usage":{"type":"duration","seconds":5}}'],
    ["text", ""],
    ["srt", ""],
    ["vtt", "WEBVTT\n"],
  ])("is a correct empty body as %s", async (response_format, body) => {
    const response = await server.post(formOf({ file: wavOf(5), response_format }));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(body);
  });

  test("in a recorded room is an empty transcript", async () => {
    const file = Bun.file(join(repository, "test/audio/noise_20s.flac"));
    const response = await server.post(formOf({ file: new File([file], "room.flac") }));
    expect(await response.json()).toMatchObject({ text: "" });
  });
});

test("speech between silences is heard, and its times are the file's", async () => {
  const speech = recording("en_vm-nobox.flac");
  const beforeS = 20;
  const durationS = beforeS + speech.length / 16_000 + 20;
  const file = wavOf(durationS, (n) => speech[n - beforeS * 16_000] ?? 0);
  const { text, segments } = (await server.client().audio.transcriptions.create({
    file,
    model: "base",
    response_format: "verbose_json",
  })) as TranscriptionVerbose;
  expect(text).toMatch(/sender does not have a mailbox/iu);
  expect(segments![0]!.start).toBeWithin(beforeS - 0.5, beforeS + 1);
  expect(segments!.at(-1)!.end).toBeLessThan(beforeS + speech.length / 16_000 + 0.6);
});
