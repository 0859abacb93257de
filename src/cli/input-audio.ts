/** Opens the audio that `transcribe` reads: a file of the user, or a private file with a copy of standard input. */
import { closeSync, openSync, statSync } from "node:fs";
import { AsrError } from "../errors.ts";
import type { Spool } from "../spool/spool.ts";
import { fileProblem, isMissing } from "./file-problems.ts";
import { systemPath } from "./file-names.ts";

/** The command-line argument that means standard input. */
export const standardInput = "-";

export interface InputAudio extends AsyncDisposable {
  /** A path that any process of this user can open while this object is not disposed. */
  readonly path: string;
}

export async function openInput(
  input: string,
  spool: Spool,
  signal: AbortSignal,
): Promise<InputAudio> {
  return input === standardInput ? readStandardInput(spool, signal) : namedFile(input);
}

// --- internal ---

/** Opens a file of the user. Disposing the result does not delete the file. */
function namedFile(input: string): InputAudio {
  const path = systemPath(input);
  if (isFolder(input)) {
    throw new AsrError(
      "invalid_audio",
      "this is a folder; name the files in it, for example DIR/*.mp3",
    );
  }
  if (typeof path === "string") return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
  // The name is not valid UTF-8, and messages to the runner contain only Unicode. So the runner gets a path to a file
  // descriptor of this process.
  const descriptor = openSync(path, "r");
  return {
    path: `/proc/${process.pid}/fd/${descriptor}`,
    [Symbol.asyncDispose]: async () => closeSync(descriptor),
  };
}

/** Returns whether the input is a folder. Throws AsrError when the file does not exist or cannot be accessed. */
function isFolder(input: string): boolean {
  try {
    return statSync(systemPath(input)).isDirectory();
  } catch (cause) {
    const problem = isMissing(cause) ? explainMissing(input) : fileProblem(cause);
    throw new AsrError("invalid_audio", problem, { cause });
  }
}

function explainMissing(input: string): string {
  if (/^[a-z][a-z\d+.-]*:\/\//iu.test(input)) {
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
  const file = spool.file();
  await file.write(process.stdin, signal);
  return file;
}
