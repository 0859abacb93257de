/**
 * Tests the depth, the limits and the errors of a walk through a folder. test/e2e/transcribe-folders.test.ts tests
 * which files are transcribed.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { walk, type WalkedFile } from "../../../src/cli/transcribe/folder-walk.ts";
import { compareNames, isMediaName } from "../../../src/cli/transcribe/media-files.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-server-walk-"));
  mkdirSync(join(folder, "in/er"), { recursive: true });
  mkdirSync(join(folder, "folder.mp3"));
  const names = ["a.mp3", "b.mp3", "c.txt", "in/d.mp3", "in/er/e.mp3", "folder.mp3/f.mp3"];
  for (const name of names) {
    writeFileSync(join(folder, name), "");
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const relativePaths = (files: Iterable<WalkedFile>) =>
  Array.from(files, ({ relative }) => relative);

test("the depth limits the folders that are searched", () => {
  const at = (depthMax: number) => relativePaths(walk(folder, { depthMax, accepts: isMediaName }));
  expect(at(1)).toEqual(["a.mp3", "b.mp3"]);
  expect(at(2)).toEqual(["a.mp3", "b.mp3", "folder.mp3/f.mp3", "in/d.mp3"]);
  expect(at(Infinity)).toEqual(["a.mp3", "b.mp3", "folder.mp3/f.mp3", "in/d.mp3", "in/er/e.mp3"]);
});

test("too many files and too many entries are errors", () => {
  const options = { depthMax: Infinity, accepts: isMediaName };
  const count = (files: number, entries: number) =>
    [...walk(folder, options, { files, entries })].length;
  expect(count(5, 9)).toBe(5);
  expect(() => count(4, 9)).toThrow(`"${folder}" leads to more than 4 files, the limit`);
  expect(() => count(5, 8)).toThrow(`"${folder}" contains more than 8 entries, the limit`);
});

test("a folder that cannot be searched is a result with its problem", () => {
  const options = { depthMax: 1, accepts: isMediaName };
  expect([...walk(join(folder, "a.mp3"), options)]).toEqual([
    {
      path: join(folder, "a.mp3"),
      relative: "",
      problem: expect.stringContaining("expected a folder"),
    },
  ]);
});

test("names are sorted by their numbers and without regard to case, in the same order each time", () => {
  const names = ["part 10", "Part 2", "part 1", "\udce9", "part 2", "é"];
  const sorted = names.toSorted(compareNames);
  expect(sorted.indexOf("part 1")).toBeLessThan(sorted.indexOf("part 2"));
  expect(sorted.indexOf("Part 2")).toBeLessThan(sorted.indexOf("part 10"));
  expect(names.toReversed().toSorted(compareNames)).toEqual(sorted);
});

test.each([
  ["talk.mp3", true],
  ["TALK.M4A", true],
  ["old.wma", true],
  ["main.ts", false],
  ["talk.mp3.txt", false],
  ["mp3", false],
])("%s is the name of an audio or video file: %p", (name, expected) => {
  expect(isMediaName(name)).toBe(expected);
});
