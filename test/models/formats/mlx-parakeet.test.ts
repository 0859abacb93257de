/** Tests which capabilities a Parakeet model for MLX has, and which folders are such a model. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectMlxParakeet } from "../../../src/models/formats/mlx-parakeet.ts";
import { smallShape } from "../../gguf/parakeet.ts";
import { type ParakeetVariant, writeParakeetFolder } from "../../mlx/parakeet-folder.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-parakeet-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inspected = (variant: ParakeetVariant, vocabulary = 1024) => {
  writeParakeetFolder(folder, { ...smallShape, vocabulary }, variant);
  return inspectMlxParakeet(folder);
};

test.each([
  ["tdt", true],
  ["hybrid", true],
  ["rnnt", false],
  ["ctc", false],
] as const)("a model of the kind %s has word times, and beams: %p", async (head, beamSize) => {
  expect(await inspected({ head })).toMatchObject({ words: true, beamSize, languages: ["en"] });
});

test.each([
  [1024, 1],
  [3072, 1],
  [8192, 25],
  [1000, 0],
])("a vocabulary of %d pieces means %d languages", async (vocabulary, count) => {
  expect((await inspected({}, vocabulary))?.languages).toHaveLength(count);
});

test("a folder of another kind of model is none", async () => {
  expect(await inspectMlxParakeet(folder)).toBeNull();
  for (const config of ["[]", "{}", '{"target": 5}', '{"target": "nemo.Other"}', "{"]) {
    writeFileSync(join(folder, "config.json"), config);
    expect(await inspectMlxParakeet(folder)).toBeNull();
  }
});

test("a folder without weights is a damaged model", async () => {
  await inspected({});
  rmSync(join(folder, "model.safetensors"));
  expect(inspectMlxParakeet(folder)).rejects.toThrow("has no model.safetensors");
});
