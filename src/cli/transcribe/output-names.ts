/** Determines the names of the output files of each input. */
import { UsageError } from "../../settings/config.ts";
import { type FileFormat, formats } from "../../transcript/format.ts";
import { parentOf, shownPath, withoutExtension } from "../file-names.ts";
import type { InputFile } from "./inputs.ts";

export interface Output {
  readonly format: FileFormat;
  readonly path: string;
}

export interface TaskFile {
  readonly input: InputFile;
  /**
   * One output file for each format. Empty when the transcript is written to standard output, or when the input cannot
   * be read.
   */
  readonly outputs: readonly Output[];
}

/**
 * Determines the output files of each input. `base` returns the path from which the names of the output files are made.
 * Usually the output has the name of the input without its extension: talk.mp3 becomes talk.srt. If talk.mp3 and
 * talk.wav in one folder are inputs, their outputs are talk.mp3.srt and talk.wav.srt. Throws UsageError when two
 * outputs would have the same path.
 */
export function nameOutputs(
  inputs: readonly InputFile[],
  chosen: readonly FileFormat[],
  base: (input: InputFile) => string,
): TaskFile[] {
  const stemOf = (input: InputFile): string => withoutExtension(base(input));
  const readable = inputs.filter(({ problem }) => problem === null);
  const sharing = Map.groupBy(readable, (input) => nameKey(stemOf(input)));
  const inputOf = new Map<string, InputFile>();
  return inputs.map((input) => {
    if (input.problem !== null) return { input, outputs: [] };
    const others = sharing.get(nameKey(stemOf(input))) ?? [];
    const isOneFolder = others.every(({ path }) => parentOf(path) === parentOf(input.path));
    const stem = others.length > 1 && isOneFolder ? base(input) : stemOf(input);
    const outputs = chosen.map((format) => ({
      format,
      path: `${stem}.${formats[format].extension}`,
    }));
    for (const { path } of outputs) {
      const other = inputOf.get(nameKey(path));
      if (other !== undefined) throw sameOutput(other, input, path);
      inputOf.set(nameKey(path), input);
    }
    return { input, outputs };
  });
}

// --- internal ---

function sameOutput(one: InputFile, other: InputFile, path: string): UsageError {
  return new UsageError(
    `"${shownPath(one.path)}" and "${shownPath(other.path)}" would both be written to "${shownPath(path)}"`,
  );
}

/**
 * Returns a text that identifies a file name. macOS and Windows ignore the case of file names, so on these systems all
 * spellings of a name have the same text.
 */
function nameKey(path: string): string {
  return process.platform === "linux" ? path : path.toLowerCase();
}
