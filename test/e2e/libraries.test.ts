/** Where the executable puts its native libraries, and where it refuses to. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { executable, openScratch, repository } from "./executable.ts";

setDefaultTimeout(120_000);

const clip = join(repository, "test/audio/en_vm-nobox.flac");

test.skipIf(isWindows)(
  "an empty cache folder is filled with what only its user can change",
  async () => {
    using scratch = openScratch();
    const cache = join(scratch.folder, "cache");
    expect((await transcribe(cache)).exitCode).toBe(0);
    const libraries = placedIn(cache);
    expect(libraries).not.toEqual([]);
    for (const path of libraries) expect(statSync(path).mode & 0o777).toBe(0o700);
  },
);

test("a damaged library is replaced, an intact one is left as it is", async () => {
  using scratch = openScratch();
  const cache = join(scratch.folder, "cache");
  await transcribe(cache);
  const [damaged = "", intact = ""] = placedIn(cache);
  const before = statSync(intact).mtimeMs;
  writeFileSync(damaged, "no library");
  expect((await transcribe(cache)).exitCode).toBe(0);
  expect(statSync(damaged).size).toBeGreaterThan(1000);
  expect(statSync(intact).mtimeMs).toBe(before);
});

test("what an earlier version left for a month is swept", async () => {
  using scratch = openScratch();
  const cache = join(scratch.folder, "cache");
  const old = join(cache, "0123456789abcdef");
  const other = join(cache, "not-ours");
  for (const folder of [old, other]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    utimesSync(folder, 0, 0);
  }
  await transcribe(cache);
  expect(readdirSync(cache)).not.toContain("0123456789abcdef");
  expect(readdirSync(cache)).toContain("not-ours");
});

test.skipIf(isWindows)(
  "a folder that others can write to is refused in one line that says what to do",
  async () => {
    using scratch = openScratch();
    const cache = join(scratch.folder, "open");
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    const { exitCode, stderr } = await transcribe(cache);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("can be written by, another user. Set OPEN_ASR_SERVER_CACHE_DIR to");
    expect(stderr.trim().split("\n")).toHaveLength(1);
  },
);

test("a folder that cannot be made is refused in one line", async () => {
  using scratch = openScratch();
  const file = join(scratch.folder, "file");
  writeFileSync(file, "");
  const { exitCode, stderr } = await transcribe(join(file, "cache"));
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("ENOTDIR");
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

async function transcribe(cache: string) {
  const child = Bun.spawn([executable, "transcribe", clip], {
    env: { OPEN_ASR_SERVER_CACHE_DIR: cache },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const stderr = await child.stderr.text();
  return { exitCode: await child.exited, stderr };
}

function placedIn(cache: string): string[] {
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
