import { afterEach, expect, jest, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UsageError } from "../../src/settings/config.ts";
import { Spool } from "../../src/spool/spool.ts";
import { isWindows } from "../windows.ts";

const limits = { spoolBytesMax: 1_000_000, diskBytesFreeMin: 0 };
const never = new AbortController().signal;
const parents: string[] = [];

afterEach(() => {
  for (const folder of parents.splice(0)) rmSync(folder, { recursive: true });
});

function parent(): string {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-server-test-"));
  parents.push(folder);
  return folder;
}

test("the spool deletes its folder when it is disposed", () => {
  const folder = parent();
  {
    using spool = Spool.open(folder, limits);
    writeFileSync(spool.file().path, "audio");
    expect(readdirSync(folder)).toHaveLength(1);
  }
  expect(readdirSync(folder)).toBeEmpty();
});

test("a spool folder that cannot be removed does not stop the program", () => {
  const folder = parent();
  const spool = Spool.open(folder, limits);
  // The path of the spool folder now goes through a file.
  renameSync(folder, `${folder}-moved`);
  parents.push(`${folder}-moved`);
  writeFileSync(folder, "");
  expect(() => spool[Symbol.dispose]()).not.toThrow();
  expect(readdirSync(`${folder}-moved`)).toHaveLength(1);
});

test.skipIf(isWindows)(
  "only the server's user can read the spool folder and its files",
  async () => {
    using spool = Spool.open(parent(), limits);
    await using file = spool.file();
    await file.write(bytes(10), never);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file.path)).mode & 0o777).toBe(0o700);
  },
);

test("a spool file is deleted when it is disposed, whether it was written or not", async () => {
  using spool = Spool.open(parent(), limits);
  const written = spool.file();
  const unwritten = spool.file();
  writeFileSync(written.path, "audio");
  await written[Symbol.asyncDispose]();
  await unwritten[Symbol.asyncDispose]();
  expect(existsSync(written.path)).toBe(false);
});

test("a new spool deletes the folders of killed processes, and keeps those of running or other programs", () => {
  const folder = parent();
  using living = Spool.open(folder, limits);
  const [ofLiving = ""] = readdirSync(folder);
  const thisMachine = ofLiving.slice(0, -6);
  const add = (name: string, { lock, old }: { lock: boolean; old: boolean }): string => {
    const path = join(folder, name);
    mkdirSync(path);
    if (lock) writeFileSync(join(path, "lock"), "");
    writeFileSync(join(path, "1"), "audio");
    for (const one of [path, ...(lock ? [join(path, "lock")] : [])]) if (old) age(one, 25);
    return path;
  };
  const killed = add(`${thisMachine}killed`, { lock: true, old: false });
  const killedEarly = add(`${thisMachine}killed-early`, { lock: false, old: true });
  const killedElsewhere = add("open-asr-server-spool-other-killed", { lock: true, old: true });
  const starting = add(`${thisMachine}starting`, { lock: false, old: false });
  const elsewhere = add("open-asr-server-spool-other-living", { lock: true, old: false });
  const another = add("another-program", { lock: true, old: true });
  using _next = Spool.open(folder, limits);
  expect([killed, killedEarly, killedElsewhere].filter(existsSync)).toEqual([]);
  for (const path of [join(folder, ofLiving), starting, elsewhere, another]) {
    expect([path, existsSync(path)]).toEqual([path, true]);
  }
  expect(living.bytes).toBe(0);
});

test.skipIf(isWindows)(
  "a spool survives a cleanup program that deletes old files: it renews its files and recreates its folder",
  async () => {
    const folder = parent();
    using spool = Spool.open(folder, limits);
    const used = () => readdirSync(folder).map((name) => join(folder, name));
    const [first = ""] = used();
    for (const path of [join(first, "lock"), first]) age(path, 25);
    spool.file();
    for (const path of [join(first, "lock"), first]) {
      expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(3_600_000);
    }
    rmSync(join(first, "lock"));
    spool.file();
    {
      using _next = Spool.open(folder, limits);
      expect(existsSync(join(first, "lock"))).toBe(true);
    }
    rmSync(first, { recursive: true });
    await using file = spool.file();
    await file.write(bytes(10), never);
    const [second = "", ...more] = used();
    expect(file.path).toStartWith(second);
    expect(statSync(second).mode & 0o777).toBe(0o700);
    expect(more).toEqual([]);
  },
);

test.skipIf(isWindows)("an idle spool renews its folder and deletes old ones once an hour", () => {
  jest.useFakeTimers();
  try {
    const folder = parent();
    using _spool = Spool.open(folder, limits);
    const [first = ""] = readdirSync(folder);
    rmSync(join(folder, first), { recursive: true });
    const left = join(folder, "open-asr-server-spool-other-killed");
    mkdirSync(left);
    age(left, 25);
    jest.advanceTimersByTime(3_600_000);
    expect(existsSync(left)).toBe(false);
    const [second = "", ...more] = readdirSync(folder);
    expect(existsSync(join(folder, second, "lock"))).toBe(true);
    expect(more).toEqual([]);
    // When the parent folder is missing, the server does not end. The next upload reports the error.
    rmSync(folder, { recursive: true });
    jest.advanceTimersByTime(3_600_000);
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
  } finally {
    jest.useRealTimers();
  }
});

test("processes that start at the same moment do not delete each other's folders", async () => {
  const folder = parent();
  const churn = [process.execPath, join(import.meta.dir, "spool-churn.ts"), folder, "2000"];
  const processes = [1, 2, 3].map(() => Bun.spawn(churn, { stdout: "ignore", stderr: "pipe" }));
  const ends = processes.map(async (one) => [await one.stderr.text(), await one.exited]);
  expect(await Promise.all(ends)).toEqual(processes.map(() => ["", 0]));
  expect(readdirSync(folder)).toBeEmpty();
}, 60_000);

test("a spool folder that cannot be used stops the server at startup and names the setting", () => {
  expect(() => Spool.open("/nowhere", limits)).toThrow(UsageError);
  expect(() => Spool.open("/nowhere", limits)).toThrow("OPEN_ASR_SERVER_SPOOL_DIR");
});

test("the total size of all files is limited, and an upload above it gets server_busy with Retry-After", async () => {
  using spool = Spool.open(parent(), { ...limits, spoolBytesMax: 100 });
  {
    await using first = spool.file({ bytes: 60 });
    await first.write(bytes(60), never);
    expect(spool.bytes).toBe(60);
    const refusal = refusalOf(() => spool.file({ bytes: 41, retryAfterS: () => 7 }));
    expect(refusal).toMatchObject({ code: "server_busy", retryAfterS: 7 });
    await using second = spool.file({ bytes: 40, retryAfterS: () => 8 });
    const tooMuch = await second.write(bytes(40, 1), never).catch((error: unknown) => error);
    expect(tooMuch).toMatchObject({ code: "server_busy", retryAfterS: 8 });
    expect(String(tooMuch)).toContain("OPEN_ASR_SERVER_MAX_SPOOL_BYTES");
  }
  expect(spool.bytes).toBe(0);
  await using whole = spool.file();
  await whole.write(bytes(50, 50), never);
  expect(statSync(whole.path)).toMatchObject({ size: 100 });
});

test("an upload that could never fit gets storage_full, without a retry", async () => {
  using spool = Spool.open(parent(), { ...limits, spoolBytesMax: 100 });
  expect(refusalOf(() => spool.file({ bytes: 101 }))).toMatchObject({ code: "storage_full" });
  await using file = spool.file();
  const tooMuch = await file.write(bytes(60, 41), never).catch((error: unknown) => error);
  expect(tooMuch).toMatchObject({ code: "storage_full" });
});

test("an announced size reserves no space until the bytes arrive", async () => {
  using spool = Spool.open(parent(), { ...limits, spoolBytesMax: 100 });
  const idlers = Array.from({ length: 9 }, () => spool.file({ bytes: 100 }));
  await using file = spool.file({ bytes: 100 });
  await file.write(bytes(100), never);
  expect(spool.bytes).toBe(100);
  for (const idler of idlers) await idler[Symbol.asyncDispose]();
});

test("an upload that would take the reserved free disk space gets storage_full", () => {
  using spool = Spool.open(parent(), { ...limits, diskBytesFreeMin: Number.MAX_SAFE_INTEGER });
  const refusal = refusalOf(() => spool.file({ bytes: 1 }));
  expect(refusal).toMatchObject({ code: "storage_full", kind: { status: 507, retry: false } });
  expect(String(refusal)).toContain("OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES");
});

test("a request whose client disconnected ends even if the disk hangs", async () => {
  const script = [process.execPath, join(import.meta.dir, "hanging-disk.ts"), parent()];
  const child = Bun.spawn(script, { stdout: "pipe", stderr: "pipe" });
  const [printed, problems] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect(problems).toBe("");
  // The disk may still write to the file, so the file stays open and its bytes are still counted.
  expect(JSON.parse(printed)).toEqual({ code: "client_closed_request", closed: 0, bytes: 20 });
}, 30_000);

// --- internal ---

async function* bytes(...lengths: readonly number[]) {
  for (const length of lengths) yield new Uint8Array(length);
}

function age(path: string, hours: number): void {
  const then = new Date(Date.now() - hours * 3_600_000);
  utimesSync(path, then, then);
}

function refusalOf(act: () => unknown): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return error;
  }
}
