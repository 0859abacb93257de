/** Tests how the server recognizes a Kyutai model for MLX and reads its capabilities, without the engine. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectMlxKyutai } from "../../../src/models/formats/mlx-kyutai.ts";
import { q8Shape, smallShape, turnShape } from "../../mlx/kyutai/shapes.ts";
import {
  mimiFile,
  tokenizerName,
  weightsName,
  writeKyutaiFolder,
} from "../../mlx/kyutai/write-kyutai.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-mlx-kyutai-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["two languages", smallShape, ["en", "fr"]],
  ["one language", turnShape, ["en"]],
  ["quantised weights", q8Shape, ["en", "fr"]],
])("reads a model with %s", async (_, shape, languages) => {
  writeKyutaiFolder(folder, shape);
  expect(await inspectMlxKyutai(folder)).toMatchObject({
    languages,
    words: true,
    live: true,
    prompt: false,
    temperature: false,
    detectLanguage: false,
  });
});

test("does not know the languages of another vocabulary", async () => {
  writeKyutaiFolder(folder, smallShape);
  configure({ tokenizer_name: "pieces.model" });
  writeFileSync(join(folder, "pieces.model"), "");
  expect((await inspectMlxKyutai(folder))?.languages).toEqual([]);
});

test.each([mimiFile, tokenizerName(smallShape), weightsName(smallShape)])(
  "rejects a folder without %p",
  async (name) => {
    writeKyutaiFolder(folder, smallShape);
    rmSync(join(folder, name));
    expect(inspectMlxKyutai(folder)).rejects.toThrow(`names (${name})`);
  },
);

test("does not accept the folder of another kind of model", async () => {
  expect(await inspectMlxKyutai(folder)).toBeNull();
  for (const text of ["{}", "[]", "{", '{"mimi_name": 3}', '{"n_mels": 80}']) {
    writeFileSync(join(folder, "config.json"), text);
    expect(await inspectMlxKyutai(folder)).toBeNull();
  }
});

function configure(changes: Readonly<Record<string, string>>): void {
  const config = {
    mimi_name: mimiFile,
    moshi_name: weightsName(smallShape),
    tokenizer_name: tokenizerName(smallShape),
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...changes }));
}
