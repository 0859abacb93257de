/** Checks the outputs before any work starts: every output can be written, and no transcript replaces a recording. */
import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { isUtf8 } from "node:buffer";
import { UsageError } from "../settings/config.ts";
import { fileProblem } from "./file-problems.ts";
import { shownPath, systemPath } from "./file-names.ts";
import { standardInput } from "./input-audio.ts";
import type { OutputPlan } from "./output-plan.ts";

/** Checks all outputs and creates the output folder. Throws UsageError whose message contains a correction. */
export function checkOutputs({ files, outputFolder }: OutputPlan): void {
  const inputs = new Map(files.map(({ input }) => [identityOfInput(input), input]));
  const outputs = new Map<string, string>();
  for (const { outputPath } of files) {
    const identity = identityOfOutput(outputPath);
    if (identity === null) continue;
    const output = outputPath === null ? "standard output" : `"${shownPath(outputPath)}"`;
    const input = inputs.get(identity);
    if (input !== undefined) {
      const named = input === standardInput ? "standard input" : `the input "${shownPath(input)}"`;
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
  if (outputFolder !== null) {
    explaining(outputFolder, () => mkdirSync(systemPath(outputFolder), { recursive: true }));
  }
  for (const path of paths) explaining(path, () => tryToWrite(path));
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
    // The stream is closed.
    return null;
  }
}

function identityOfInput(input: string): string | null {
  return input === standardInput ? identityOfStream(0) : identityOfPath(input);
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
    throw new UsageError(`Cannot write "${shownPath(path)}": ${fileProblem(error)}`);
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
