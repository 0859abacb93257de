/**
 * Tests that speech far below its usual level is transcribed, both with the default settings and without voice activity
 * detection.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { recording } from "../backends/recording.ts";
import { isFull } from "../full.ts";
import { repository } from "./executable.ts";
import { formOf, startServer, type TestServer } from "./server.ts";
import { atLevel, pinkNoise } from "./unspoken.ts";
import { wavOf } from "./wav.ts";

setDefaultTimeout(300_000);

const rate = 16_000;
const words = /^Agent log\s?in\.? Please enter your agent number,? followed by the pound key\.?$/iu;

/**
 * Path of a model whose transcript does not depend on the level of the audio. With this model, a word is missing only
 * if the detection of speech has removed it.
 */
const ggmlPath = join(repository, ".build/models/ggml-base-q8_0.bin");

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ flags: ["--model", ggmlPath] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function textOf(file: File, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await server.post(formOf({ file, ...fields }));
  const body = (await response.json()) as { text: string };
  expect(response.status).toBe(200);
  return body.text;
}

function fileOf(samples: Float32Array): File {
  return wavOf(samples.length / rate, (n) => samples[n]!);
}

test.each(["06b-quiet-50dB.flac", "06c-quiet-60dB-24bit.flac"])(
  "the server transcribes %s with and without voice activity detection",
  async (name) => {
    const file = new File([Bun.file(join(repository, "test/audio/cases", name))], name);
    expect(await textOf(file)).toMatch(words);
    expect(await textOf(file, { vad: "off" })).toMatch(words);
  },
);

// The files of the test above have levels of -50 dB and -60 dB, so `npm test` checks only -46 dB here.
test.each(isFull ? [-46, -50, -60] : [-46])(
  "the server loses no word of speech at %i dB",
  async (dbfs) => {
    const quiet = atLevel(recording("en_agent-user.flac"), dbfs);
    expect(await textOf(fileOf(quiet))).toMatch(words);
  },
);

test("the server transcribes quiet speech after loud speech and a click", async () => {
  const loud = recording("en_vm-nobox.flac");
  const quiet = atLevel(recording("en_agent-user.flac"), -46);
  const pauseS = 6;
  const length = loud.length + pauseS * rate + quiet.length;
  const noise = atLevel(pinkNoise(length, 1), -85);
  const quietFrom = length - quiet.length;
  const file = wavOf(length / rate, (n) => {
    const click = n === quietFrom - rate ? 0.5 : 0;
    return noise[n]! + (loud[n] ?? 0) + (quiet[n - quietFrom] ?? 0) + click;
  });
  const text = await textOf(file);
  expect(text).toMatch(/does not have a mailbox/iu);
  expect(text).toMatch(/agent number,? followed by the pound key/iu);
});
