/** Checks before any work starts: no transcript replaces a recording, and every output can be written. */
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

/** Creates the output folder. Throws UsageError with what to change. */
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

/** The same for all names of one file: links, and other ways to write its path. */
function identityOf(stats: BigIntStats | undefined): string | null {
  return stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : null;
}

function identityOfPath(path: string): string | null {
  try {
    return identityOf(statSync(systemPath(path), { bigint: true, throwIfNoEntry: false }));
  } catch {
    // The work, or the attempt to write, reports why the path cannot be reached.
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

/** Replaces a text, such as an older transcript, but no recording and no other binary file. */
function refuseOtherFiles(path: string): void {
  if (identityOfPath(path) === null || isText(path)) return;
  throw new UsageError(
    `Cannot write the transcript to "${shownPath(path)}": this file exists and is not a text; ` +
      "choose another name, or remove it first",
  );
}

/** Bytes of a file that show whether it is a text. Every audio format has zeros or other binary bytes there. */
const headBytes = 4096;

function isText(path: string): boolean {
  const head = Buffer.alloc(headBytes);
  try {
    const descriptor = openSync(systemPath(path), "r");
    const length = readSync(descriptor, head, 0, headBytes, 0);
    closeSync(descriptor);
    const bytes = head.subarray(0, length);
    // The last character may be cut off.
    const isCut = length === headBytes;
    const ends = isCut ? [0, 1, 2, 3] : [0];
    return !bytes.includes(0) && ends.some((cut) => isUtf8(bytes.subarray(0, length - cut)));
  } catch {
    // A file that cannot be read is not replaced.
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

/** Opens the file for writing and leaves it as it is; a new file is removed again. */
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
    // A device or a pipe.
    accessSync(name, constants.W_OK);
  }
}
