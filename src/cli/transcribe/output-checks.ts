/**
 * Before any work starts, checks that every output file can be written, that no two transcripts have the same file, and
 * that no transcript replaces a recording.
 */
import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { isUtf8 } from "node:buffer";
import { UsageError } from "../../settings/config.ts";
import { fileProblem } from "../file-problems.ts";
import { parentOf, shownPath, systemPath } from "../file-names.ts";
import { FilePlaces } from "./file-places.ts";
import { entryStats } from "./file-stats.ts";
import type { TaskFile } from "./output-names.ts";
import type { OutputPlan } from "./output-plan.ts";
import { isStandardInput } from "./standard-input.ts";

/**
 * Checks all output files and leaves the disk unchanged. Throws UsageError for the first output file that cannot be
 * used.
 */
export function checkOutputs({ files, isPrinted, isNamed, outputFolder }: OutputPlan): void {
  requireOtherFiles(files, isPrinted);
  const paths = files.flatMap(({ outputs }) => outputs.map(({ path }) => path));
  for (const path of paths) {
    if (!isNamed) refuseLink(path);
    refuseOtherFiles(path);
  }
  const folders = outputFolder === null ? [] : [outputFolder, ...new Set(paths.map(parentOf))];
  const created: string[] = [];
  try {
    for (const folder of folders) {
      created.unshift(...missingFolders(folder));
      explaining(folder, () => createFolder(folder));
    }
    for (const path of pathsToTry(paths)) explaining(path, () => tryToWrite(path));
  } finally {
    for (const folder of created) removeIfEmpty(folder);
  }
}

// --- internal ---

/**
 * Throws UsageError when an output file is also an input file, or when two outputs are the same file, for example
 * because one path is a link to the other.
 */
function requireOtherFiles(files: readonly TaskFile[], isPrinted: boolean): void {
  const inputs = new Map(files.map(({ input }) => [identityOfInput(input.path), input.path]));
  const outputs = new Map<string, string>();
  const places = new FilePlaces();
  const paths = files.flatMap((file) => file.outputs.map(({ path }) => path));
  for (const path of isPrinted ? [null] : paths) {
    const identity = path === null ? identityOfStream(1) : identityOfOutput(path, places);
    if (identity === null) continue;
    const output = path === null ? "standard output" : `"${shownPath(path)}"`;
    const input = inputs.get(identity);
    if (input !== undefined) {
      const named = isStandardInput(input) ? "standard input" : `the input "${shownPath(input)}"`;
      throw new UsageError(
        `Cannot write the transcript to ${output}: it is ${named}; choose another output`,
      );
    }
    const other = outputs.get(identity);
    if (other !== undefined) {
      throw new UsageError(`Cannot write two transcripts to one file: ${other} and ${output}`);
    }
    outputs.set(identity, output);
  }
}

/**
 * Returns the output files that the check opens. These are all files that already exist and, for each folder, one new
 * file: the file with the longest name. If the file with the longest name can be created, the files with shorter names
 * can be created too.
 */
function pathsToTry(paths: readonly string[]): string[] {
  const older = paths.filter(hasEntry);
  const existing = new Set(older);
  const byFolder = Map.groupBy(
    paths.filter((path) => !existing.has(path)),
    parentOf,
  );
  const longest = [...byFolder.values()].map((names) =>
    names.reduce((one, other) => (bytesOf(other) > bytesOf(one) ? other : one)),
  );
  return [...older, ...longest];
}

/** Returns whether a file, folder or link exists at the path. A link counts even if its target does not exist. */
function hasEntry(path: string): boolean {
  try {
    return lstatSync(systemPath(path), { throwIfNoEntry: false }) !== undefined;
  } catch {
    // The path cannot be accessed. The error is reported later, when the program tries to write to it.
    return true;
  }
}

function bytesOf(path: string): number {
  return Buffer.byteLength(systemPath(path));
}

/**
 * Returns a text that identifies a file. All paths of the same file, for example links to it, have the same text. Null
 * if the path is not a regular file.
 */
function identityOf(stats: BigIntStats | undefined): string | null {
  return stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : null;
}

function identityOfPath(path: string): string | null {
  try {
    return identityOf(statSync(systemPath(path), { bigint: true, throwIfNoEntry: false }));
  } catch {
    // The path cannot be accessed. The error is reported later, when the program tries to read or write the file.
    return null;
  }
}

/** Returns null for a device or a pipe, which can get several transcripts. */
function identityOfOutput(path: string, places: FilePlaces): string | null {
  return hasEntry(path) ? identityOfPath(path) : places.of(path);
}

function identityOfStream(descriptor: number): string | null {
  try {
    return identityOf(fstatSync(descriptor, { bigint: true }));
  } catch {
    // The stream is closed, so it has no file.
    return null;
  }
}

function identityOfInput(input: string): string | null {
  return isStandardInput(input) ? identityOfStream(0) : identityOfPath(input);
}

/**
 * Throws UsageError when the output is a link to a file. The folder can come from another person, so a link could lead
 * to any text file of the user, which the transcript would replace.
 */
function refuseLink(path: string): void {
  if (!isLink(path) || identityOfPath(path) === null) return;
  throw new UsageError(
    `Cannot write the transcript to "${shownPath(path)}": it is a link to another file; ` +
      "remove the link, or name this file with --output",
  );
}

function isLink(path: string): boolean {
  return entryStats(path)?.isSymbolicLink() === true;
}

/**
 * Throws UsageError when the output file exists and is not a text file. The program may replace an older transcript,
 * but not a recording or another binary file.
 */
function refuseOtherFiles(path: string): void {
  if (identityOfPath(path) === null || isText(path)) return;
  throw new UsageError(
    `Cannot write the transcript to "${shownPath(path)}": this file exists and is not a text; ` +
      "choose another name, or remove it first",
  );
}

/**
 * Number of bytes at the start of a file that decide whether it is a text file. In every audio format, these bytes
 * contain a zero byte or are not valid UTF-8.
 */
const headBytes = 4096;

function isText(path: string): boolean {
  const head = Buffer.alloc(headBytes);
  try {
    const descriptor = openSync(systemPath(path), "r");
    const length = readSync(descriptor, head, 0, headBytes, 0);
    closeSync(descriptor);
    const bytes = head.subarray(0, length);
    // If only the start of the file was read, the last character may be incomplete. Therefore the bytes also count as
    // text if they are valid UTF-8 without the last one, two or three bytes.
    const isCut = length === headBytes;
    const ends = isCut ? [0, 1, 2, 3] : [0];
    return !bytes.includes(0) && ends.some((cut) => isUtf8(bytes.subarray(0, length - cut)));
  } catch {
    // A file that cannot be read is treated as binary, so that it is not replaced.
    return false;
  }
}

function explaining(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const problem = isBrokenLink(path)
      ? "it is a link to a path that does not exist"
      : fileProblem(error);
    throw new UsageError(`Cannot write "${shownPath(path)}": ${problem}`);
  }
}

/** Returns all folders on the path that do not exist. The innermost folder, which is the path itself, is first. */
function missingFolders(path: string): string[] {
  if (existsSync(systemPath(path))) return [];
  const outer = parentOf(path.replace(/\/+$/u, ""));
  return [path, ...(outer === path ? [] : missingFolders(outer))];
}

function createFolder(path: string): void {
  mkdirSync(systemPath(path), { recursive: true });
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(systemPath(folder));
  } catch {
    // Ignores the error: the folder does not exist, or it is not empty because another process has written a file into
    // it.
  }
}

function isBrokenLink(path: string): boolean {
  // Removes slashes at the end of the path. With a slash at the end, the system would check the target of a link and
  // not the link.
  const name = path.replace(/\/+$/u, "");
  return isLink(name) && !existsSync(systemPath(name));
}

/**
 * Opens the file to check whether it can be written. Does not change an existing file. If the file did not exist,
 * deletes the new file.
 */
function tryToWrite(path: string): void {
  const name = systemPath(path);
  const stats = statSync(name, { throwIfNoEntry: false });
  if (stats === undefined) {
    closeSync(openSync(name, "wx"));
    unlinkSync(name);
  } else if (stats.isFile()) {
    closeSync(openSync(name, "r+"));
  } else if (stats.isDirectory()) {
    throw Object.assign(new Error(), { code: "EISDIR" });
  } else {
    // The path is a device or a pipe, so it is not opened.
    accessSync(name, constants.W_OK);
  }
}
