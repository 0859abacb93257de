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

test("a model with fewer decoder layers than encoder layers cannot translate", async () => {
  const layers = (vocabulary: number, encoder: number, decoder: number) =>
    ggmlHeader(vocabulary, 2_000_000, { encoder, decoder });
  expect(await inspect(layers(51_866, 4, 4))).toMatchObject({ translate: true });
  expect(await inspect(layers(51_866, 4, 1))).toMatchObject({ translate: false });
  expect(await inspect(layers(51_864, 4, 4))).toMatchObject({ translate: false });
});

test.each([
  [51_864, 1],
  [51_865, 99],
  [51_866, 100],
  // The vocabulary in this header is larger than the vocabulary of any Whisper model. A forged header must not add
  // languages without a name.
  [60_000, 100],
])("a model whose vocabulary has %p tokens has %p languages", async (vocabulary, languages) => {
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

const fields = [
  "vocabulary",
  "audioPositions",
  "audioWidth",
  "audioHeads",
  "audioLayers",
  "textPositions",
  "textWidth",
  "textHeads",
  "textLayers",
  "melBands",
  "format",
];

/** Returns a valid header in which `values` replaces some fields. */
function changed(values: Readonly<Record<string, number>>): Uint8Array {
  const bytes = ggmlHeader(51_865);
  const header = new DataView(bytes.buffer);
  for (const [name, value] of Object.entries(values)) {
    header.setInt32(4 + 4 * fields.indexOf(name), value, true);
  }
  return bytes;
}

test.each([
  ["a header that is cut short", ggmlHeader(51_865, 47), /ends inside its header/],
  ["no vocabulary", ggmlHeader(0), /vocabulary of 0 tokens, expected 51864/],
  ["a vocabulary of negative size", ggmlHeader(-1), /vocabulary of -1 tokens/],
  ["a huge vocabulary", ggmlHeader(0x7fffffff), /vocabulary of 2147483647 tokens/],
  ["a width of 2147483647", changed({ audioWidth: 0x7fffffff }), /impossible dimensions/],
  ["a negative number of layers", changed({ textLayers: -1 }), /impossible dimensions/],
  ["heads that do not divide the width", changed({ textHeads: 3 }), /impossible dimensions/],
  ["widths that differ", changed({ textWidth: 128 }), /impossible dimensions/],
  ["an unknown number of mel bands", changed({ melBands: 81 }), /impossible dimensions/],
  ["an unknown format", changed({ format: 4 }), /impossible dimensions/],
  ["a format named like a method", changed({ format: -1 }), /impossible dimensions/],
  [
    "a header for a quarter of a terabyte",
    changed({ audioWidth: 4096, textWidth: 4096, audioLayers: 128, textLayers: 128, format: 0 }),
    /describes 24\d{10} bytes of weights, the file has 1300000 bytes/,
  ],
  ["no weights", ggmlHeader(51_865, 48), /bytes of weights, the file has 48 bytes/],
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
