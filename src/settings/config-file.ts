/** Reads a configuration file: a TOML file whose keys are the names of settings. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { devNull } from "node:os";
import { dirname } from "node:path";
import { parse, TomlError } from "smol-toml";
import { errorCode } from "../platform/error-code.ts";
import type { Environment } from "./setting.ts";

export interface ConfigFile {
  readonly path: string;
  /** Folder of the file. Relative paths in the file are relative to this folder. */
  readonly folder: string;
  readonly values: ReadonlyMap<string, unknown>;
  /** Maps each key to its line number. If the line of a key is uncertain, the map does not contain the key. */
  readonly lines: ReadonlyMap<string, number>;
  /** Whether other users of this machine can read the file. */
  readonly isShared: boolean;
}

/** Reads a configuration file. Throws an Error with the reason when the file cannot be read or is not valid TOML. */
export function readConfigFile(
  path: string,
  { CREDENTIALS_DIRECTORY: credentials }: Environment,
): ConfigFile {
  const { bytes, isShared } = readBytes(path);
  const text = decode(bytes);
  return {
    path,
    folder: dirname(path),
    values: new Map(Object.entries(parseToml(text))),
    lines: linesOf(text),
    // systemd protects its folder of credentials with access control lists. With such a list, the mode of a file does not
    // show who can read it.
    isShared: isShared && dirname(path) !== credentials,
  };
}

// --- internal ---

const fileBytesMax = 64 * 1024;

interface FileContent {
  readonly bytes: Uint8Array;
  readonly isShared: boolean;
}

/**
 * Returns the content of the file and whether other users can read it. Both facts come from one open file. Otherwise
 * the path could lead to another file in the meantime.
 */
function readBytes(path: string): FileContent {
  if (path === devNull) return { bytes: new Uint8Array(), isShared: false };
  const file = open(path);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    const bytes = new Uint8Array(fileBytesMax + 1);
    const length = readAll(file, bytes);
    if (length > fileBytesMax) throw new Error(`it has more than ${fileBytesMax} bytes`);
    // On Windows, other users cannot read the folders of a user by default, and these permission bits do not exist.
    const isShared = process.platform !== "win32" && (stats.mode & 0o077) !== 0;
    return { bytes: bytes.subarray(0, length), isShared };
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    // Uses O_NONBLOCK. Without it, opening a named pipe would wait until another program writes to the pipe.
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
    // Uses only the first line of the message. The other lines quote the file, which can contain API keys.
    const [first = ""] = error.message.split("\n");
    const reason = first.replace(/^Invalid TOML document: /u, "");
    throw new Error(`line ${error.line}, column ${error.column}: ${reason}`, { cause: error });
  }
}

/**
 * Returns the line number of each key. If a key seems to occur twice, omits the key, because one of the lines may
 * belong to a text of several lines.
 */
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
