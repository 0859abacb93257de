/** Tests the search for the bytes of an embedded file in the file of the executable. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findIn } from "../../src/platform/embedded-bytes.ts";

const blockBytes = 1024 * 1024;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "open-asr-embedded-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, ...parts: readonly Uint8Array[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([...parts]));
  return path;
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

test.each([0, 1, blockBytes - 1, blockBytes, blockBytes + 1, 2 * blockBytes - 30])(
  "a file is found %d bytes after the start of the search",
  async (before) => {
    const content = random(1000);
    const path = write("file", content);
    const container = write("container", random(7), random(before), content, random(500));
    const place = await findIn(container, path, 7);
    expect(place?.content).toEqual(content);
    expect(place?.end).toBe(7 + before + 1000);
  },
);

test("a file that is shorter than the compared bytes is found", async () => {
  const content = random(20);
  const place = await findIn(write("container", random(99), content), write("file", content), 0);
  expect(place?.content).toEqual(content);
});

test("a file before the start of the search is not found", async () => {
  const content = random(1000);
  const container = write("container", content, random(500));
  expect(await findIn(container, write("file", content), 1)).toBeNull();
});

test.each([
  [
    "has another end",
    (content: Uint8Array) => content.map((byte, i) => (i === 999 ? byte ^ 1 : byte)),
  ],
  ["is cut short", (content: Uint8Array) => content.subarray(0, 900)],
])("a file that %s in the executable is not found", async (_, change) => {
  const content = random(1000);
  const container = write("container", random(50), change(content));
  expect(await findIn(container, write("file", content), 0)).toBeNull();
});

test("an executable that cannot be read contains no file", async () => {
  expect(await findIn(join(folder, "absent"), write("file", random(100)), 0)).toBeNull();
});
