import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../../src/errors.ts";
import { inspectGgmlWhisper } from "../../../src/models/formats/ggml-whisper.ts";
import { builtModel } from "../../backends/built.ts";
import { ggmlHeader } from "./whisper-files.ts";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "open-asr-server-ggml-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function inspect(content: Uint8Array | string) {
  const path = join(folder, "model.bin");
  writeFileSync(path, content);
  return inspectGgmlWhisper(path);
}

test.each([
  [51_864, 1],
  [51_865, 99],
  [51_866, 100],
  // The header states more tokens than Whisper has. A forged header must not add languages without a name.
  [60_000, 100],
])("a model with a vocabulary of %p tokens speaks %p languages", async (vocabulary, languages) => {
  const can = await inspect(ggmlHeader(vocabulary));
  expect(can?.languages).toHaveLength(languages);
  expect(can?.languages[0]).toBe("en");
  expect(can?.detectLanguage).toBe(languages > 1);
  expect(can).toMatchObject({ prompt: true, keywords: true, temperature: true, words: true });
});

test("newer models add languages at the end of the list", async () => {
  expect((await inspect(ggmlHeader(51_865)))?.languages.at(-1)).toBe("su");
  expect((await inspect(ggmlHeader(51_866)))?.languages.at(-1)).toBe("yue");
});

test.each([
  ["empty", new Uint8Array(0)],
  ["of three bytes", ggmlHeader(51_865, 3)],
  ["a text", "Dear aunt,\n".repeat(99)],
])("a file that is %s is not a model of this engine", async (_what, content) => {
  expect(await inspect(content)).toBeNull();
});

test("a missing path, a folder and an invalid path are not models of this engine", async () => {
  for (const path of [join(folder, "absent"), folder, join(folder, "a\0b"), "x".repeat(5000)])
    expect(await inspectGgmlWhisper(path)).toBeNull();
});

test.each([
  ["a header that is cut short", ggmlHeader(51_865, 47), /ends inside its header/],
  ["no vocabulary", ggmlHeader(0), /vocabulary of 0 tokens, expected 51864/],
  ["a vocabulary of negative size", ggmlHeader(-1), /vocabulary of -1 tokens/],
  ["a huge vocabulary", ggmlHeader(0x7fffffff), /vocabulary of 2147483647 tokens/],
])("a file with %s is rejected with the reason", async (_what, content, says) => {
  const failure = await inspect(content).then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(AsrError);
  expect(failure).toMatchObject({ code: "model_load_failed" });
  expect((failure as AsrError).message).toMatch(says);
});

test("the models of the build have the expected languages", async () => {
  const base = await inspectGgmlWhisper(builtModel("ggml-base-q8_0.bin"));
  expect(base?.languages).toHaveLength(99);
  const english = await inspectGgmlWhisper(builtModel("ggml-tiny.en-q8_0.bin"));
  expect(english?.languages).toEqual(["en"]);
});
