/**
 * Opens the audio that `transcribe` reads: a file of the user, or, for standard input and pipes, a private file with a
 * copy of the data.
 */
import { closeSync, createReadStream, fstatSync, openSync, type Stats, statSync } from "node:fs";
import { AsrError } from "../../errors.ts";
import type { Spool } from "../../spool/spool.ts";
import { fileProblem, isMissing } from "../file-problems.ts";
import { systemPath } from "../file-names.ts";
import { isUrl } from "../suggestions.ts";
import type { InputFile } from "./inputs.ts";
import { isStandardInput } from "./standard-input.ts";

export interface InputAudio extends AsyncDisposable {
  /** Path with which any process of this user can open the audio until this object is disposed. */
  readonly path: string;
}

export async function openInput(
  { path: input, problem }: InputFile,
  spool: Spool,
  signal: AbortSignal,
): Promise<InputAudio> {
  if (problem !== null) throw new AsrError("invalid_audio", problem);
  if (isStandardInput(input)) return readStandardInput(spool, signal);
  const stats = statsOf(input);
  if (stats.isDirectory()) {
    throw new AsrError(
      "invalid_audio",
      "this is a folder; name the files in it, for example DIR/*.mp3",
    );
  }
  if (stats.isFIFO() || (stats.isFile() && isDescriptor(input))) {
    return copyOf(createReadStream(systemPath(input)), spool, signal);
  }
  if (stats.isFile()) return namedFile(input);
  throw new AsrError(
    "invalid_audio",
    "this is a device or a socket, expected a file; write - to read standard input",
  );
}

// --- internal ---

/**
 * Returns whether the path is a file descriptor of this process, for example /dev/fd/3. In the runner process, the same
 * path would lead to another file.
 */
function isDescriptor(path: string): boolean {
  return /^\/(?:dev|proc\/self)\/fd\//u.test(path);
}

/** Opens a file of the user. Disposing the returned object does not delete the file. */
function namedFile(input: string): InputAudio {
  const path = systemPath(input);
  if (typeof path === "string") return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
  // The name of the file is not valid UTF-8, and messages to the runner contain only Unicode. Therefore the runner gets
  // the path of a file descriptor of this process instead of the name.
  const descriptor = openSync(path, "r");
  return {
    path: `/proc/${process.pid}/fd/${descriptor}`,
    [Symbol.asyncDispose]: async () => closeSync(descriptor),
  };
}

/** Returns facts about the input file. Throws AsrError when the file does not exist or cannot be accessed. */
function statsOf(input: string): Stats {
  try {
    return statSync(systemPath(input));
  } catch (cause) {
    const problem = isMissing(cause) ? explainMissing(input) : fileProblem(cause);
    throw new AsrError("invalid_audio", problem, { cause });
  }
}

function explainMissing(input: string): string {
  if (isUrl(input)) {
    return "this is a URL, expected a file; download it first: curl -L URL | open-asr-server transcribe -";
  }
  if (/[*?[{]/u.test(input)) {
    return "no such file, and no file matches it as a pattern; check the folder and the extension";
  }
  return "no such file";
}

async function readStandardInput(spool: Spool, signal: AbortSignal): Promise<InputAudio> {
  if (process.stdin.isTTY) {
    throw new AsrError(
      "invalid_audio",
      "standard input is a terminal; pipe or redirect audio into it",
    );
  }
  if (isFolder(0)) {
    throw new AsrError(
      "invalid_audio",
      "standard input is a folder, expected audio; name the files in the folder, for example DIR/*.mp3",
    );
  }
  return copyOf(process.stdin, spool, signal);
}

function isFolder(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory();
  } catch {
    // Standard input is closed. The error is reported later, when the program tries to read it.
    return false;
  }
}

/**
 * Copies the stream to a private file. The copy is necessary because a stream can be read only once, and only by this
 * process.
 */
async function copyOf(
  stream: AsyncIterable<Uint8Array>,
  spool: Spool,
  signal: AbortSignal,
): Promise<InputAudio> {
  const file = spool.file();
  await file.write(stream, signal);
  return file;
}
