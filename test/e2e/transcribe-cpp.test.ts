/**
 * Tests the backend for transcribe.cpp through the executable: a random Parakeet model, whose tokens have times, and
 * Whisper tiny.en, which returns only a text.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, recordingFile, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(120_000);

const whisper = `transcribe-cpp:${join(repository, ".build/models/ggml-tiny.en-q8_0.bin")}`;
const parakeet = "parakeet-random";
const jfk = (): File => recordingFile("jfk.flac");

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-parakeet-"));
  writeFileSync(join(folder, `${parakeet}.gguf`), parakeetFile(smallShape));
  writeFileSync(join(folder, "parakeet-cut.gguf"), parakeetFile(smallShape).subarray(0, 200_000));
  server = await startServer({
    flags: ["--model-dir", folder, "--preload", whisper],
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Verbose {
  readonly text: string;
  readonly language?: string;
  readonly segments: readonly {
    readonly start: number;
    readonly end: number;
    readonly text: string;
    readonly avg_logprob: number;
  }[];
  readonly words: readonly {
    readonly word: string;
    readonly start: number;
    readonly end: number;
  }[];
}

async function verbose(model: string, fields: Record<string, string> = {}): Promise<Verbose> {
  const form = formOf({ file: jfk(), model, response_format: "verbose_json", ...fields });
  const response = await server.post(form);
  expect(response.status).toBe(200);
  return (await response.json()) as Verbose;
}

test("a Parakeet model returns words with times, and segments with log-probabilities", async () => {
  const { text, words } = await verbose(parakeet, { "timestamp_granularities[]": "word" });
  expect(words.length).toBeGreaterThan(10);
  expect(words.map(({ word }) => word).join(" ")).toBe(text);
  expect(words.every(({ start, end }) => start >= 0 && start <= end && end <= 11)).toBe(true);
  expect(words.map(({ start }) => start)).toEqual(
    words.map(({ start }) => start).toSorted((a, b) => a - b),
  );
  const { segments } = await verbose(parakeet, { language: "en" });
  expect(
    segments
      .map((segment) => segment.text)
      .join("")
      .trim(),
  ).toBe(text);
  expect(segments.every(({ avg_logprob }) => avg_logprob < 0 && avg_logprob > -10)).toBe(true);
});

test("eight jobs at once get the same texts as each job alone", async () => {
  const names = ["jfk.flac", "en_demo-moreinfo.flac", "it_demo-moreinfo.flac"] as const;
  const ask = async (n: number): Promise<string> => {
    const form = formOf({ file: recordingFile(names[n % names.length]!), model: parakeet });
    return ((await (await server.post(form)).json()) as { text: string }).text;
  };
  const alone = [await ask(0), await ask(1), await ask(2)];
  expect(new Set(alone).size).toBe(3);
  const together = await Promise.all(Array.from({ length: 8 }, (_, n) => ask(n)));
  expect(together).toEqual(together.map((_, n) => alone[n % names.length]!));
});

test("Whisper on transcribe.cpp returns the text of the speech in segments without tokens", async () => {
  const { text, segments } = await verbose(whisper);
  expect(text).toMatch(/ask not what your country can do for you/iu);
  expect(segments).toHaveLength(1);
  expect(segments[0]).not.toHaveProperty("avg_logprob");
  expect(segments[0]!.end).toBeLessThanOrEqual(11.01);
});

test.each([
  [whisper, "timestamp_granularities[]", "word", "timestamp_granularities"],
  [whisper, "prompt", "Dear", "prompt"],
  [whisper, "keywords[]", "Fellow", "keywords"],
  [parakeet, "prompt", "Dear", "prompt"],
  [parakeet, "keywords[]", "Fellow", "keywords"],
  [parakeet, "temperature", "0.5", "temperature"],
  [parakeet, "language", "fr", "language"],
])("%p rejects %p by name", async (model, field, value, param) => {
  const form = formOf({ file: jfk(), model, response_format: "verbose_json", [field]: value });
  await expectError(await server.post(form), { status: 400, code: "unsupported_value", param });
});

test("a GGUF file that is cut short is rejected by name, and the server goes on", async () => {
  const response = await server.post(formOf({ file: jfk(), model: "parakeet-cut" }));
  const says = /the file is cut short/;
  await expectError(response, { status: 500, code: "model_load_failed", says });
  expect((await verbose(parakeet)).text).not.toBe("");
});
