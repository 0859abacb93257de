/** Tests that a folder of a format that no backend accepts is named. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unsupportedKindAt } from "../../src/models/unsupported-kinds.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-kinds-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["weights.npz", "MLX models"],
  ["weights.safetensors", "MLX models"],
  ["model.safetensors", "models in the format of Transformers"],
])("a folder with %p contains %s", (file, kind) => {
  expect(unsupportedKindAt(folder)).toBeNull();
  writeFileSync(join(folder, file), "");
  expect(unsupportedKindAt(folder)).toBe(kind);
});
