/** Tests the code that reads the capabilities and weights of models from GGUF files. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readGgufHeader } from "../../../src/models/formats/gguf.ts";
import { ggufWeights, inspectSpeechModel } from "../../../src/models/formats/gguf-speech.ts";
import { ggufFile, type GgufValue } from "../../gguf/gguf-file.ts";
import { parakeetFile, smallShape } from "../../gguf/parakeet.ts";

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-gguf-"));
  path = join(folder, "model.gguf");
});
afterAll(() => rmSync(folder, { recursive: true }));

function inspect(values: Readonly<Record<string, GgufValue>>) {
  const weights = new Float32Array(4);
  writeFileSync(path, ggufFile(values, [{ name: "a", shape: [4], weights }]));
  return inspectSpeechModel(path);
}

test("the capabilities of a Parakeet model are those of its file", async () => {
  writeFileSync(path, parakeetFile(smallShape));
  expect(await inspectSpeechModel(path)).toEqual({
    languages: ["en", "de"],
    detectLanguage: false,
    prompt: false,
    keywords: false,
    beamSize: false,
    encoderWindow: false,
    temperature: false,
    words: true,
    translate: false,
    live: false,
  });
  expect(await ggufWeights(path)).toEqual({ parameters: 72_190, precision: "fp32" });
});

test("a model translates if its kind or its file says so, and if it translates into English", async () => {
  const canary = { "general.architecture": "canary" };
  expect(await inspect(canary)).toMatchObject({ translate: true, words: false });
  expect(await inspect({ ...canary, "stt.capability.translate": false })).toMatchObject({
    translate: false,
  });
  const targets = { "stt.translation.target_languages": ["de", "fr"] };
  expect(await inspect({ ...canary, ...targets })).toMatchObject({ translate: false });
});

test("a model detects the language if its file says so", async () => {
  const values = { "general.architecture": "sensevoice", "stt.capability.lang_detect": true };
  expect(await inspect(values)).toMatchObject({ detectLanguage: true, languages: [] });
});

test("other kinds of models and other files are not accepted", async () => {
  expect(await inspect({ "general.architecture": "llama" })).toBeNull();
  expect(await inspect({})).toBeNull();
  writeFileSync(path, "GGUX and more");
  expect(await inspectSpeechModel(path)).toBeNull();
  expect(await ggufWeights(path)).toBeNull();
  expect(await inspectSpeechModel(join(folder, "absent.gguf"))).toBeNull();
});

test("long lists are skipped, and a header of several megabytes is read", async () => {
  const words = Array.from({ length: 30_000 }, (_, id) => `${id} `.repeat(10));
  const header = { "tokenizer.ggml.tokens": words, "general.architecture": "parakeet" };
  expect(await inspect(header)).toMatchObject({ words: true });
  const { values } = (await readGgufHeader(path))!;
  expect([...values.keys()]).toEqual(["general.architecture"]);
});

test("a header that is cut short is damaged", async () => {
  writeFileSync(path, parakeetFile(smallShape));
  truncateSync(path, 2000);
  expect(inspectSpeechModel(path)).rejects.toMatchObject({ code: "model_load_failed" });
});
