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
import { shownPath, systemPath } from "../file-names.ts";
import { isStandardInput } from "./input-audio.ts";
import type { OutputPlan } from "./output-plan.ts";

/** Checks all outputs and leaves the disk unchanged. Throws UsageError for the first output that cannot be used. */
export function checkOutputs({ files, outputFolder }: OutputPlan): void {
  const inputs = new Map(files.map(({ input }) => [identityOfInput(input), input]));
  const outputs = new Map<string, string>();
  for (const { outputPath } of files) {
    const identity = identityOfOutput(outputPath);
    if (identity === null) continue;
    const output = outputPath === null ? "standard output" : `"${shownPath(outputPath)}"`;
    const input = inputs.get(identity);
    if (input !== undefined) {
      const named = isStandardInput(input) ? "standard input" : `the input "${shownPath(input)}"`;
      throw new UsageError(
        `Cannot write the transcript to ${output}: it is ${named}; choose another output`,
      );
    }
    const other = outputs.get(identity);
    if (other !== undefined && outputPath !== null) {
      throw new UsageError(`Cannot write two transcripts to one file: ${other} and ${output}`);
    }
    outputs.set(identity, output);
  }
  const paths = files.flatMap(({ outputPath }) => (outputPath === null ? [] : [outputPath]));
  for (const path of paths) refuseOtherFiles(path);
  const created = outputFolder === null ? [] : missingFolders(outputFolder);
  try {
    if (outputFolder !== null) explaining(outputFolder, () => createFolder(outputFolder));
    for (const path of paths) explaining(path, () => tryToWrite(path));
  } finally {
    for (const folder of created) removeIfEmpty(folder);
  }
}

// --- internal ---

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

function identityOfOutput(outputPath: string | null): string | null {
  return outputPath === null ? identityOfStream(1) : identityOfPath(outputPath);
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
  const inner = path.replace(/\/+$/u, "");
  if (inner === "" || existsSync(systemPath(inner))) return [];
  const end = inner.lastIndexOf("/");
  return [inner, ...(end < 0 ? [] : missingFolders(inner.slice(0, end)))];
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
