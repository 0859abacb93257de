/**
 * Checks the outputs before any work starts: every output can be written, no two transcripts have the same file, and no
 * transcript replaces a recording.
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
import type { TaskFile } from "./output-names.ts";
import type { OutputPlan } from "./output-plan.ts";
import { isStandardInput } from "./standard-input.ts";

/** Checks all outputs and leaves the disk unchanged. Throws UsageError for the first output that cannot be used. */
export function checkOutputs({ files, isPrinted, outputFolder }: OutputPlan): void {
  requireOtherFiles(files, isPrinted);
  const paths = files.flatMap(({ outputs }) => outputs.map(({ path }) => path));
  for (const path of paths) refuseOtherFiles(path);
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

/** Throws UsageError when an output is an input, or when two outputs are the same file, for example through a link. */
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
 * Returns the outputs to open as a check: every file that exists, and in each folder the longest of the new names.
 * If this name can be created, the others can, too.
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

/** Returns whether the folder has an entry of this name. A link to a path that does not exist is an entry, too. */
function hasEntry(path: string): boolean {
  try {
    return lstatSync(systemPath(path), { throwIfNoEntry: false }) !== undefined;
  } catch {
    // The path cannot be accessed. Trying to write it reports why.
    return true;
  }
}

function bytesOf(path: string): number {
  return Buffer.byteLength(systemPath(path));
}

/**
 * Returns a value that is equal for all paths of one file, for example for links. Null when there is no regular file.
 */
function identityOf(stats: BigIntStats | undefined): string | null {
  return stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : null;
}

function identityOfPath(path: string): string | null {
  try {
    return identityOf(statSync(systemPath(path), { bigint: true, throwIfNoEntry: false }));
  } catch {
    // The later attempt to read or write the file reports why the path cannot be accessed.
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
 * Throws UsageError when the output exists and is not a text file. An older transcript may be replaced, but a recording
 * or another binary file may not.
 */
function refuseOtherFiles(path: string): void {
  if (identityOfPath(path) === null || isText(path)) return;
  throw new UsageError(
    `Cannot write the transcript to "${shownPath(path)}": this file exists and is not a text; ` +
      "choose another name, or remove it first",
  );
}

/**
 * Number of bytes at the start of a file that are checked to recognize a text file. In every audio format these bytes
 * contain zeros or are not valid UTF-8.
 */
const headBytes = 4096;

function isText(path: string): boolean {
  const head = Buffer.alloc(headBytes);
  try {
    const descriptor = openSync(systemPath(path), "r");
    const length = readSync(descriptor, head, 0, headBytes, 0);
    closeSync(descriptor);
    const bytes = head.subarray(0, length);
    // The last character may be incomplete, because only the first bytes of the file are read.
    const isCut = length === headBytes;
    const ends = isCut ? [0, 1, 2, 3] : [0];
    return !bytes.includes(0) && ends.some((cut) => isUtf8(bytes.subarray(0, length - cut)));
  } catch {
    // A file that cannot be read is treated as binary, so it is not replaced.
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

/** Returns the folders of the path that do not exist yet, the innermost first. */
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
    // The folder was not created, or another process has written to it.
  }
}

function isBrokenLink(path: string): boolean {
  // Removes slashes at the end, because with them the system would check the target of a link instead of the link.
  const name = systemPath(path.replace(/\/+$/u, ""));
  try {
    const isLink = lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return isLink && !existsSync(name);
  } catch {
    // The path cannot be accessed, and the caller reports the reason.
    return false;
  }
}

/**
 * Opens the file for writing to check that this is possible. Leaves the file unchanged, and deletes a file that it had
 * to create.
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
    // The path is a device or a pipe.
    accessSync(name, constants.W_OK);
  }
}
