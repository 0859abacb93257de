/** Tests the folders to which the executable unpacks its native libraries, and the folders that it rejects. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { builtLibrary } from "../backends/built.ts";
import { isWindows } from "../windows.ts";
import { executable, openScratch, repository } from "./executable.ts";
import { formOf, nullEngine, startServer, until } from "./server.ts";
import { canMountTmpfs, mountTmpfs } from "./tmpfs.ts";

setDefaultTimeout(120_000);

const clip = join(repository, "test/audio/en_vm-nobox.flac");

test.skipIf(isWindows)(
  "the executable fills an empty cache folder with files that only its user can change",
  async () => {
    using scratch = openScratch();
    const cache = join(scratch.folder, "cache");
    expect((await transcribe(cache)).exitCode).toBe(0);
    const libraries = placedIn(cache);
    expect(libraries).not.toEqual([]);
    for (const path of libraries) expect(statSync(path).mode & 0o777).toBe(0o700);
  },
);

test("the executable replaces a damaged library and keeps an intact one", async () => {
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

test.skipIf(process.platform !== "linux")(
  "a server does not read its libraries before it listens",
  async () => {
    using scratch = openScratch();
    const cache = join(scratch.folder, "cache");
    await transcribe(cache);
    const bytes = placedIn(cache).reduce((sum, path) => sum + statSync(path).size, 0);
    await using server = await startServer({ environment: { OPEN_ASR_SERVER_CACHE_DIR: cache } });
    const read = Number(/rchar: (\d+)/u.exec(readFileSync(`/proc/${server.pid}/io`, "utf8"))?.[1]);
    expect(read).toBeLessThan(bytes / 2);
  },
);

test("two first starts at the same time leave only whole libraries", async () => {
  using scratch = openScratch();
  const cache = join(scratch.folder, "cache");
  const results = await Promise.all([transcribe(cache), transcribe(cache)]);
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const libraries = placedIn(cache);
  const built = ["audio", "ctranslate2", "whisper-cpp"].map((name) => builtLibrary(name));
  const whole = new Set(
    built.flatMap((path) => [path, ...companionsOf(path)]).map((path) => sha256Of(path)),
  );
  expect(libraries.length).toBeGreaterThan(1);
  for (const path of libraries) expect([path, whole.has(sha256Of(path))]).toEqual([path, true]);
});

test("the executable deletes libraries that an earlier version left a month ago", async () => {
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
  "the executable rejects a cache folder that others can write to, in one line that contains a correction",
  async () => {
    using scratch = openScratch();
    const cache = join(scratch.folder, "open");
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    const { exitCode, stderr } = await transcribe(cache);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("another user can write to it. Set OPEN_ASR_SERVER_CACHE_DIR to");
    expect(stderr.trim().split("\n")).toHaveLength(1);
  },
);

test("the executable rejects a cache folder that it cannot create, in one line", async () => {
  using scratch = openScratch();
  const file = join(scratch.folder, "file");
  writeFileSync(file, "");
  const { exitCode, stderr } = await transcribe(join(file, "cache"));
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("ENOTDIR");
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test.skipIf(isWindows)(
  "the executable rejects a cache folder below a folder that others can write to, also through a link",
  async () => {
    using scratch = openScratch();
    const open = join(scratch.folder, "open");
    const cache = join(open, "private");
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    const link = join(scratch.folder, "link");
    symlinkSync(open, link);
    chmodSync(open, 0o777);
    for (const path of [cache, join(link, "private")]) {
      const { exitCode, stderr } = await transcribe(path);
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain(`${open} belongs to another user, or another user can write to it`);
    }
    // A folder with the sticky bit is accepted, because in such a folder users cannot replace the files of other users.
    chmodSync(open, 0o1777);
    expect((await transcribe(join(link, "private"))).exitCode).toBe(0);
  },
);

test("the executable deletes no old library while a server of another version uses the cache", async () => {
  using scratch = openScratch();
  const cache = join(scratch.folder, "cache");
  const age = () => {
    const old = join(cache, "0123456789abcdef");
    mkdirSync(old, { recursive: true, mode: 0o700 });
    for (const entry of readdirSync(cache, { withFileTypes: true }))
      if (entry.isDirectory()) utimesSync(join(cache, entry.name), 0, 0);
  };
  {
    // The server uses one engine, and meanwhile a second process uses another engine. The second process must not
    // remove the folder of the server's engine, although this folder looks like an old folder of another version.
    await using server = await startServer({
      flags: ["--preload", "base"],
      environment: { OPEN_ASR_SERVER_CACHE_DIR: cache },
    });
    await until("the model is loaded", () => placedIn(cache).length > 1);
    expect((await server.post(formOf({ file: Bun.file(clip) }))).status).toBe(200);
    age();
    const before = readdirSync(cache);
    expect((await transcribe(cache, otherEngine)).exitCode).toBe(0);
    expect(readdirSync(cache)).toEqual(expect.arrayContaining(before));
  }
  age();
  expect((await transcribe(cache, otherEngine)).exitCode).toBe(0);
  expect(readdirSync(cache)).not.toContain("0123456789abcdef");
  // Two folders remain: the folder of the audio library, and the folder of the engine that the last run has unpacked.
  expect(readdirSync(cache).filter((name) => /^[0-9a-f]{16}$/.test(name))).toHaveLength(2);
});

describe.skipIf(!canMountTmpfs)("on a read-only disk", () => {
  const environment = (cache: string) => ({ ...nullEngine, OPEN_ASR_SERVER_CACHE_DIR: cache });

  test("a filled cache works; if a library is missing from it, only the log has the reason", async () => {
    using scratch = openScratch();
    using disk = mountTmpfs(scratch.folder, "size=160m,mode=700");
    const cache = join(disk.folder, "cache");
    expect((await transcribe(cache)).exitCode).toBe(0);
    remountReadOnly(disk.folder);
    await using server = await startServer({ environment: environment(cache) });
    expect((await server.post(formOf({ file: Bun.file(clip) }))).status).toBe(200);
    const lacking = await server.post(formOf({ model: "null:echo", file: Bun.file(clip) }));
    expect(lacking.status).toBe(500);
    const body = await lacking.text();
    expect(body).toContain("OPEN_ASR_SERVER_CACHE_DIR");
    expect(body).not.toContain("EROFS");
    expect(body).not.toContain(scratch.folder);
    expect(server.log()).toContain("EROFS");
    expect((await transcribe(cache)).exitCode).toBe(0);
  });

  test("an empty cache stops the server at startup with one line", async () => {
    using scratch = openScratch();
    using disk = mountTmpfs(scratch.folder, "size=1m,mode=700");
    remountReadOnly(disk.folder);
    const child = Bun.spawnSync([executable, "serve", "--port", "0"], {
      env: { ...scratch.environment, ...environment(disk.folder) },
    });
    expect(child.exitCode).toBe(1);
    expect(child.stderr.toString()).toMatch(/^[^\n]*EROFS.*OPEN_ASR_SERVER_CACHE_DIR[^\n]*\n$/);
  });
});

describe.skipIf(!canMountTmpfs)("on a disk that cannot take the libraries", () => {
  test("a full disk gives one line with the reason, and no part of a file stays", async () => {
    using scratch = openScratch();
    using disk = mountTmpfs(scratch.folder, "size=1m,mode=700");
    const { exitCode, stderr } = await transcribe(join(disk.folder, "cache"));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^[^\n]*ENOSPC.*OPEN_ASR_SERVER_CACHE_DIR[^\n]*\n$/);
    const names = placedIn(disk.folder).map((path) => basename(path));
    expect(names.filter((name) => !/\.so(\.[\d.]+)?$/.test(name) && name !== "in-use")).toEqual([]);
  });

  test("a disk that runs no programs gives one line with the reason", async () => {
    using scratch = openScratch();
    using disk = mountTmpfs(scratch.folder, "size=200m,mode=700,noexec");
    const { exitCode, stderr } = await transcribe(join(disk.folder, "cache"));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^[^\n]*noexec.*OPEN_ASR_SERVER_CACHE_DIR[^\n]*\n$/);
  });

  test("a read-only home is replaced by a private folder of the temporary folder", async () => {
    using scratch = openScratch();
    using disk = mountTmpfs(scratch.folder, "size=1m,mode=700");
    remountReadOnly(disk.folder);
    const child = Bun.spawnSync([executable, "transcribe", clip], {
      env: { HOME: disk.folder, TMPDIR: scratch.folder },
    });
    expect(child.exitCode).toBe(0);
    const own = readdirSync(scratch.folder).find((name) => name.startsWith("open-asr")) ?? "";
    expect(statSync(join(scratch.folder, own)).mode & 0o777).toBe(0o700);
    expect(placedIn(join(scratch.folder, own))).not.toEqual([]);
  });
});

const otherEngine = ["--model", join(repository, ".build/models/faster-whisper-tiny.en")];

function remountReadOnly(folder: string): void {
  const { success } = Bun.spawnSync(["mount", "-o", "remount,ro", folder]);
  if (!success) throw new Error(`Cannot make the disk at ${folder} read-only`);
}

async function transcribe(cache: string, flags: readonly string[] = []) {
  const child = Bun.spawn([executable, "transcribe", ...flags, clip], {
    env: { OPEN_ASR_SERVER_CACHE_DIR: cache },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const stderr = await child.stderr.text();
  return { exitCode: await child.exited, stderr };
}

/** Returns the paths of the other libraries in the folder of a library. */
function companionsOf(path: string): string[] {
  const folder = dirname(path);
  return readdirSync(folder)
    .filter((name) => /\.(so[.\d]*|dylib|dll)$/.test(name) && name !== basename(path))
    .map((name) => join(folder, name));
}

function sha256Of(path: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
}

/** Returns the paths of the unpacked libraries. Excludes the lock file, which is directly in the cache folder. */
function placedIn(cache: string): string[] {
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== cache)
    .map((entry) => join(entry.parentPath, entry.name));
}
