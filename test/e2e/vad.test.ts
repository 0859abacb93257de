/**
 * Tests voice activity detection. Flags and variables turn it on or off and adjust it. The request field `vad` has
 * priority over them.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { executable, openScratch, repository } from "./executable.ts";
import { formOf, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(300_000);

const clip = join(repository, "samples/jfk_0_5.flac");
const audio = () => new File([Bun.file(clip)], "jfk.flac");
const heard = /fellow Americans/iu;
/** The clip contains no 10 s of speech without a pause. So if the server uses this option, the transcript is empty. */
const deaf = { min_speech_ms: 10_000 };
const deafFlags = ["--vad-min-speech-ms", "10000"];

async function textOf(server: TestServer, fields: Readonly<Record<string, string>>) {
  const response = await server.post(formOf({ file: audio(), language: "en", ...fields }));
  const body = (await response.json()) as { text: string };
  expect(response.status).toBe(200);
  return body.text;
}

describe("a server with voice activity detection on", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ flags: ["--beam", "1"] });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test("transcribes speech with its own values or with those of the request", async () => {
    expect(await textOf(server, {})).toMatch(heard);
    expect(await textOf(server, { vad: "off" })).toMatch(heard);
    expect(await textOf(server, { vad: JSON.stringify(deaf) })).toBe("");
  });

  test("accepts the field `vad` as an object from OpenAI's client", async () => {
    const request = { file: audio(), model: "base", vad: deaf };
    const { text } = await server.client().audio.transcriptions.create(request);
    expect(text).toBe("");
  });

  test("names the member of `vad` that has an invalid value", async () => {
    const file = audio();
    const response = await server.post(formOf({ file, vad: '{"threshold":2}' }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { param: "vad.threshold", message: expect.stringContaining("from 0.01 to 1") },
    });
  });
});

test("a server with voice activity detection off applies its tuned values to requests that switch it on", async () => {
  await using server = await startServer({
    flags: ["--beam", "1", "--vad", "off"],
    environment: { OPEN_ASR_VAD_MIN_SPEECH_MS: "10000" },
  });
  expect(await textOf(server, {})).toMatch(heard);
  expect(await textOf(server, { vad: "on" })).toBe("");
  expect(await textOf(server, { vad: '{"min_speech_ms":0}' })).toMatch(heard);
});

test("the command `transcribe` has the same flags", async () => {
  using scratch = openScratch();
  const transcribe = async (...flags: readonly string[]) => {
    const command = [executable, "transcribe", clip, "--language", "en", "--beam", "1", ...flags];
    const child = Bun.spawn(command, { env: scratch.environment, stdout: "pipe", stderr: "pipe" });
    return child.stdout.text();
  };
  expect(await transcribe()).toMatch(heard);
  // For a recording without speech, the command prints an empty line.
  expect(await transcribe(...deafFlags)).toBe("\n");
  expect(await transcribe(...deafFlags, "--vad", "off")).toMatch(heard);
});
