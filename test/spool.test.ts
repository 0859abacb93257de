import { afterEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../src/config.ts";
import { Spool } from "../src/spool.ts";

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
    using spool = Spool.open(folder);
    writeFileSync(spool.file().path, "audio");
    const [name] = readdirSync(folder);
    expect(statSync(join(folder, name!)).mode & 0o777).toBe(0o700);
  }
  expect(readdirSync(folder)).toBeEmpty();
});

test("a file is gone when it is disposed of, written or not", async () => {
  using spool = Spool.open(parent());
  const written = spool.file();
  const unwritten = spool.file();
  writeFileSync(written.path, "audio");
  await written[Symbol.asyncDispose]();
  await unwritten[Symbol.asyncDispose]();
  expect(existsSync(written.path)).toBe(false);
});

test("what a killed process left is swept; what others use stays", () => {
  const folder = parent();
  const gone = Bun.spawnSync(["true"]).pid;
  const ofMachine = (machine: string, pid: number) =>
    `open-asr-server-spool-${machine}-${pid}-AbCdEf`;
  const swept = ofMachine(hostname(), gone);
  const kept = [ofMachine(hostname(), process.pid), ofMachine("elsewhere", gone), "other"];
  for (const name of [swept, ...kept]) mkdirSync(join(folder, name));
  using _spool = Spool.open(folder);
  const names = readdirSync(folder);
  expect(names).toEqual(expect.arrayContaining(kept));
  expect(names).not.toContain(swept);
});

test("a folder that cannot be used stops the start and names the setting", () => {
  expect(() => Spool.open("/nowhere")).toThrow(UsageError);
  expect(() => Spool.open("/nowhere")).toThrow("OPEN_ASR_SERVER_SPOOL_DIR");
});
