/**
 * Tests that fileVersion() changes if a file of the model changes, because each change could repair a damaged model.
 */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileVersion } from "../../src/supervisor/file-version.ts";

const scratch = mkdtempSync(join(tmpdir(), "open-asr-file-version-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function changes(path: string, change: () => void): boolean {
  const before = fileVersion(path);
  expect(fileVersion(path)).toBe(before);
  change();
  return fileVersion(path) !== before;
}

test("the version of a file changes with its size, its time, its replacement and its removal", () => {
  const path = join(scratch, "model.bin");
  expect(changes(path, () => writeFileSync(path, "half"))).toBe(true);
  expect(changes(path, () => writeFileSync(path, "whole model"))).toBe(true);
  expect(changes(path, () => utimesSync(path, 1, 1))).toBe(true);
  const other = join(scratch, "other.bin");
  writeFileSync(other, "other model");
  utimesSync(other, 1, 1);
  expect(changes(path, () => renameSync(other, path))).toBe(true);
  expect(changes(path, () => rmSync(path))).toBe(true);
});

test("the version of a folder changes with each file in it", () => {
  const folder = join(scratch, "model");
  const config = join(folder, "config.json");
  mkdirSync(folder);
  expect(changes(folder, () => writeFileSync(config, "{"))).toBe(true);
  expect(changes(folder, () => writeFileSync(config, "{}"))).toBe(true);
  expect(changes(folder, () => rmSync(config))).toBe(true);
});

test("the version of a missing file (as of a model inside the executable) never changes", () => {
  expect(changes("/$bunfs/root/model.bin", () => {})).toBe(false);
});

test.each(["/a\0b", `/${"a".repeat(300)}`])(
  "the version of an invalid path never changes",
  (path) => {
    expect(fileVersion(path)).toBe(fileVersion(path));
  },
);
