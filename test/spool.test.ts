import { afterEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../src/config.ts";
import { Spool } from "../src/spool.ts";

const limits = { spoolBytesMax: 1_000_000, diskBytesFreeMin: 0 };
const parents: string[] = [];

afterEach(() => {
  for (const folder of parents.splice(0)) rmSync(folder, { recursive: true });
});

function parent(): string {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-server-test-"));
  parents.push(folder);
  return folder;
}

test("the folder is private and gone when it is disposed of", () => {
  const folder = parent();
  {
    using spool = Spool.open(folder, limits);
    writeFileSync(spool.file().path, "audio");
    const [name] = readdirSync(folder);
    expect(statSync(join(folder, name!)).mode & 0o777).toBe(0o700);
  }
  expect(readdirSync(folder)).toBeEmpty();
});

test("a file is gone when it is disposed of, written or not", async () => {
  using spool = Spool.open(parent(), limits);
  const written = spool.file();
  const unwritten = spool.file();
  writeFileSync(written.path, "audio");
  await written[Symbol.asyncDispose]();
  await unwritten[Symbol.asyncDispose]();
  expect(existsSync(written.path)).toBe(false);
});

test("what a killed process left is swept; what others use stays", () => {
  const folder = parent();
  const add = (machine: string, name: string, lock: boolean): string => {
    const path = join(folder, `open-asr-server-spool-${machine}-${name}`);
    mkdirSync(path);
    if (lock) writeFileSync(join(path, "lock"), "");
    writeFileSync(join(path, "1"), "audio");
    return path;
  };
  const old = new Date(Date.now() - 3_600_000);
  using living = Spool.open(folder, limits);
  const inUse = readdirSync(folder).map((name) => join(folder, name));
  const killed = add(hostname(), "killed", true);
  const killedEarly = add(hostname(), "killed-early", false);
  utimesSync(killedEarly, old, old);
  const starting = add(hostname(), "starting", false);
  const elsewhere = add("elsewhere", "killed", true);
  using _next = Spool.open(folder, limits);
  expect([killed, killedEarly].filter(existsSync)).toEqual([]);
  for (const path of [...inUse, starting, elsewhere]) expect(existsSync(path)).toBe(true);
  expect(living.bytes).toBe(0);
});

test("a folder that cannot be used stops the start and names the setting", () => {
  expect(() => Spool.open("/nowhere", limits)).toThrow(UsageError);
  expect(() => Spool.open("/nowhere", limits)).toThrow("OPEN_ASR_SERVER_SPOOL_DIR");
});

test("what all files take together is bounded, announced or not", async () => {
  using spool = Spool.open(parent(), { ...limits, spoolBytesMax: 100 });
  {
    await using first = spool.file(60);
    expect(spool.bytes).toBe(60);
    expect(refusalOf(() => spool.file(41))).toMatchObject({ code: "storage_full" });
    await using second = spool.file(40);
    await second.write(bytes(40));
    const tooMuch = await first.write(bytes(40, 40)).catch((error: unknown) => error);
    expect(tooMuch).toMatchObject({ code: "storage_full" });
    expect(String(tooMuch)).toContain("OPEN_ASR_SERVER_MAX_SPOOL_BYTES");
  }
  expect(spool.bytes).toBe(0);
  await using whole = spool.file();
  await whole.write(bytes(50, 50));
  expect(statSync(whole.path)).toMatchObject({ size: 100 });
  expect(statSync(whole.path).mode & 0o777).toBe(0o600);
});

test("disk that is to stay free stays free", () => {
  using spool = Spool.open(parent(), { ...limits, diskBytesFreeMin: Number.MAX_SAFE_INTEGER });
  const refusal = refusalOf(() => spool.file(1));
  expect(refusal).toMatchObject({ code: "storage_full", kind: { status: 507, retry: false } });
  expect(String(refusal)).toContain("OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES");
});

// --- internal ---

async function* bytes(...lengths: readonly number[]) {
  for (const length of lengths) yield new Uint8Array(length);
}

function refusalOf(act: () => unknown): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return error;
  }
}
