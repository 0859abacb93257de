import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../../src/errors.ts";
import { inspectCtranslate2Whisper } from "../../../src/models/formats/ctranslate2-whisper.ts";
import { builtModel } from "../../backends/built.ts";
import {
  ctranslate2Layers,
  ctranslate2Weights,
  vocabularyOf,
  writeCtranslate2,
} from "./whisper-files.ts";

let folder: string;
let folders = 0;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "open-asr-server-ct2-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const whole = {
  "model.bin": ctranslate2Weights(),
  "config.json": JSON.stringify({ alignment_heads: [[1, 0]] }),
  "vocabulary.json": JSON.stringify(vocabularyOf(["en", "fr", "jw"], 51_865)),
};

const inspect = (files: Readonly<Record<string, string | Uint8Array | undefined>>) =>
  inspectCtranslate2Whisper(
    writeCtranslate2(join(folder, String(++folders)), { ...whole, ...files }),
  );

test("a model's languages come from its vocabulary, and its word times from config.json", async () => {
  expect(await inspect({})).toMatchObject({
    languages: ["en", "fr", "jv"],
    detectLanguage: true,
    words: true,
    translate: true,
  });
  expect(await inspect({ "config.json": "{}" })).toMatchObject({ words: false });
});

test("a vocabulary.txt has the same effect as a vocabulary.json", async () => {
  const text = vocabularyOf(["en", "fr"], 51_865).join("\n");
  for (const end of ["", "\n"]) {
    const files = { "vocabulary.json": undefined, "vocabulary.txt": text + end };
    expect((await inspect(files))?.languages).toEqual(["en", "fr"]);
  }
});

test("an English model supports only English, although its vocabulary has language tokens", async () => {
  const vocabulary = JSON.stringify(vocabularyOf(["en", "fr"], 51_864));
  const can = await inspect({ "vocabulary.json": vocabulary });
  expect(can).toMatchObject({ languages: ["en"], detectLanguage: false, translate: false });
});

test.each([
  // The numbers of layers of large-v3, large-v3-turbo and distil-large-v3. The last two models cannot translate.
  [32, 32, true],
  [32, 4, false],
  [32, 2, false],
  [4, 6, true],
  [0, 4, true],
])(
  "a model with %p encoder layers and %p decoder layers translates: %p",
  async (encoder, decoder, translate) => {
    const weights = ctranslate2Layers(encoder, decoder);
    expect(await inspect({ "model.bin": weights })).toMatchObject({ translate });
  },
);

test("a model whose weights are cut short is inspected without its layers", async () => {
  for (const length of [40, 300, 1000]) {
    const weights = ctranslate2Layers(32, 4).subarray(0, length);
    expect(await inspect({ "model.bin": weights })).toMatchObject({ translate: true });
  }
});

test.each([
  ["has no weights", { "model.bin": undefined }],
  ["has empty weights", { "model.bin": "" }],
  ["has weights that are cut short", { "model.bin": ctranslate2Weights().subarray(0, 9) }],
  ["has weights of another kind", { "model.bin": ctranslate2Weights("TransformerSpec") }],
])("a folder that %s is not a model of this engine", async (_what, files) => {
  expect(await inspect(files)).toBeNull();
});

test("a missing path and a file are not models of this engine", async () => {
  for (const path of [join(folder, "absent"), import.meta.path, join(folder, "a\0b")])
    expect(await inspectCtranslate2Whisper(path)).toBeNull();
});

const huge = " ".repeat(17 * 1024 * 1024);

test.each([
  ["no config.json", { "config.json": undefined }, /config\.json is missing/],
  [
    "a config.json of another size",
    { "config.json": huge },
    /config\.json is missing or cannot be read/,
  ],
  ["a damaged config.json", { "config.json": '{"a' }, /config\.json is damaged/],
  [
    "a config.json that is a list",
    { "config.json": "[]" },
    /config\.json is not the configuration of a model/,
  ],
  [
    "no vocabulary",
    { "vocabulary.json": undefined },
    /neither a readable vocabulary\.json nor a readable vocabulary\.txt/,
  ],
  [
    "a huge vocabulary",
    { "vocabulary.json": huge },
    /neither a readable vocabulary\.json nor a readable vocabulary\.txt/,
  ],
  ["a damaged vocabulary", { "vocabulary.json": "[" }, /vocabulary\.json is damaged/],
  [
    "a vocabulary of numbers",
    { "vocabulary.json": "[1]" },
    /vocabulary\.json is not a list of tokens/,
  ],
  [
    "a vocabulary of another kind",
    { "vocabulary.json": '["a"]' },
    /not the vocabulary of a Whisper model/,
  ],
  [
    "a language without a code",
    { "vocabulary.json": JSON.stringify(vocabularyOf(["en", "not a code"], 51_865)) },
    /a language without a code/,
  ],
])("a folder with %s is rejected with the reason", async (_what, files, says) => {
  const failure = await inspect(files).then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(AsrError);
  expect((failure as AsrError).message).toMatch(says);
});

test("the models of the build have the expected capabilities", async () => {
  const base = await inspectCtranslate2Whisper(builtModel("faster-whisper-base"));
  expect(base).toMatchObject({ words: true, detectLanguage: true });
  expect(base?.languages).toHaveLength(99);
  const english = await inspectCtranslate2Whisper(builtModel("faster-whisper-tiny.en"));
  expect(english?.languages).toEqual(["en"]);
});
