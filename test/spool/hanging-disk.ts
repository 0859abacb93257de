/**
 * Program for spool.test.ts: a spool on a disk that first writes slowly and then hangs. Prints the error of the upload,
 * and the state of the spool after the upload.
 */
import { mock } from "bun:test";
import * as fs from "node:fs";
import * as promises from "node:fs/promises";

const folder = Bun.argv[2] ?? "";
const { writeSync } = fs;
let closed = 0;
void mock.module("node:fs", () => ({
  ...fs,
  writeSync: (fd: number, bytes: Uint8Array) => {
    Bun.sleepSync(150);
    return writeSync(fd, bytes);
  },
  write: () => {},
  closeSync: () => void closed++,
}));
void mock.module("node:fs/promises", () => ({ ...promises, rm: () => new Promise(() => {}) }));

const { Spool } = await import("../../src/spool/spool.ts");
const spool = Spool.open(folder, { spoolBytesMax: 1000, diskBytesFreeMin: 0 });
const file = spool.file();
const leaving = new AbortController();
setTimeout(() => leaving.abort(), 500);
async function* pieces() {
  yield new Uint8Array(10);
  yield new Uint8Array(10);
}
const failure = await file.write(pieces(), leaving.signal).catch((error: unknown) => error);
await file[Symbol.asyncDispose]();
const code = failure instanceof Error && "code" in failure ? failure.code : String(failure);
console.log(JSON.stringify({ code, closed, bytes: spool.bytes }));
process.exit();
