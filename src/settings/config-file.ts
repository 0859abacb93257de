/** Reads a configuration file: a TOML file whose keys are the names of settings. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { devNull } from "node:os";
import { dirname } from "node:path";
import { parse, TomlError } from "smol-toml";
import { errorCode } from "../platform/error-code.ts";

export interface ConfigFile {
  readonly path: string;
  /** Relative paths in the file are relative to this folder. */
  readonly folder: string;
  readonly values: ReadonlyMap<string, unknown>;
  /** Number of the line that contains a key. Does not contain keys whose line is uncertain. */
  readonly lines: ReadonlyMap<string, number>;
  /** Whether other users of this machine can read the file. */
  readonly isShared: boolean;
}

/** Reads the file. Throws an Error with the reason when the file cannot be read or is not valid TOML. */
export function readConfigFile(path: string): ConfigFile {
  const { bytes, isShared } = readBytes(path);
  const text = decode(bytes);
  return {
    path,
    folder: dirname(path),
    values: new Map(Object.entries(parseToml(text))),
    lines: linesOf(text),
    isShared,
  };
}

// --- internal ---

const fileBytesMax = 64 * 1024;

interface FileContent {
  readonly bytes: Uint8Array;
  readonly isShared: boolean;
}

/** Reads the file through one descriptor, so that its mode and its content belong to the same file. */
function readBytes(path: string): FileContent {
  if (path === devNull) return { bytes: new Uint8Array(), isShared: false };
  const file = open(path);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    const bytes = new Uint8Array(fileBytesMax + 1);
    const length = readAll(file, bytes);
    if (length > fileBytesMax) throw new Error(`it has more than ${fileBytesMax} bytes`);
    // Windows does not keep these bits. The folders of a user are private by default there.
    const isShared = process.platform !== "win32" && (stats.mode & 0o077) !== 0;
    return { bytes: bytes.subarray(0, length), isShared };
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = errorCode(error);
    throw new Error(openFailures[code] ?? `the system reports ${code}`, { cause: error });
  }
}

const openFailures: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is not a regular file",
};

/** Fills `bytes` from the file as far as possible. Returns the number of bytes that were read. */
function readAll(file: number, bytes: Uint8Array): number {
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(file, bytes, length, bytes.length - length, null);
    if (count === 0) break;
    length += count;
  }
  return length;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error("it is not UTF-8 text", { cause: error });
  }
}

function parseToml(text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The other lines of the message quote the file, and the file can contain keys.
    const [first = ""] = error.message.split("\n");
    const reason = first.replace(/^Invalid TOML document: /u, "");
    throw new Error(`line ${error.line}, column ${error.column}: ${reason}`, { cause: error });
  }
}

/** Finds the line of each key. A key that seems to be there twice, as in a text of several lines, is uncertain. */
function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const uncertain = new Set<string>();
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    const key = /^\s*\[{0,2}\s*["']?([\w-]+)["']?\s*[=.\]]/u.exec(line)?.[1];
    if (key === undefined) continue;
    if (lines.has(key)) uncertain.add(key);
    lines.set(key, index + 1);
  }
  for (const key of uncertain) lines.delete(key);
  return lines;
}
