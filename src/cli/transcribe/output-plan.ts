/**
 * Decides where `transcribe` writes each transcript and in which formats. The decision depends on the flags --output,
 * --beside and --format and on the names of the inputs.
 */
import { UsageError } from "../../settings/config.ts";
import type { FileFormat } from "../../transcript/format.ts";
import { joinPath, shownPath } from "../file-names.ts";
import type { InputFile } from "./inputs.ts";
import { formatOf, readFormats, requireSameFormat } from "./output-formats.ts";
import { nameOutputs, type TaskFile } from "./output-names.ts";
import { fileStats } from "./file-stats.ts";
import { isStandardInput } from "./standard-input.ts";

export interface OutputPlan {
  readonly files: readonly TaskFile[];
  /** Whether the transcripts are written to standard output. */
  readonly isPrinted: boolean;
  /** Whether the user wrote the path of the output file. Otherwise the program derives it from the input. */
  readonly isNamed: boolean;
  /** Formats of the transcripts; at least one. Exactly one when the transcripts are written to standard output. */
  readonly formats: readonly FileFormat[];
  /** Folder for the output files. It is created when it does not exist. Null when --output does not name a folder. */
  readonly outputFolder: string | null;
}

interface Asked {
  readonly inputs: readonly InputFile[];
  readonly output: string | undefined;
  readonly beside: boolean;
  readonly format: string | undefined;
}

/** Decides the output files from the inputs and the flags. Throws UsageError when the flags contradict each other. */
export function planOutputs({ inputs, output, beside, format }: Asked): OutputPlan {
  const explicit = format === undefined ? null : readFormats(format);
  if (beside) return besideInputs(inputs, explicit ?? ["text"], output);
  if (output === undefined) return toStandardOutput(inputs, explicit ?? ["text"]);
  if (output === "") {
    throw new UsageError("--output is empty: name a file or a folder, or leave --output out");
  }
  if (output === "-") {
    throw new UsageError(
      '--output "-" is not standard output: leave --output out to print the transcript, ' +
        "or write --output ./- for a file of this name",
    );
  }
  const several = severalOutputs(inputs, explicit);
  if (isFolder(output, several)) {
    const chosen = explicit ?? ["text"];
    const files = nameOutputs(inputs, chosen, (input) => joinPath(output, baseOf(input)));
    return { files, isPrinted: false, isNamed: false, formats: chosen, outputFolder: output };
  }
  const [one = formatOf(output) ?? "text"] = explicit ?? [];
  requireSameFormat(output, one);
  const files = inputs.map((input) => ({ input, outputs: [{ format: one, path: output }] }));
  return { files, isPrinted: false, isNamed: true, formats: [one], outputFolder: null };
}

// --- internal ---

function besideInputs(
  inputs: readonly InputFile[],
  chosen: readonly FileFormat[],
  output: string | undefined,
): OutputPlan {
  if (output !== undefined) {
    throw new UsageError("--beside and --output contradict each other: leave one out");
  }
  if (inputs.some(({ path }) => isStandardInput(path))) {
    throw new UsageError("--beside needs files, but standard input has no folder: write --output");
  }
  const files = nameOutputs(inputs, chosen, ({ path }) => path);
  return { files, isPrinted: false, isNamed: false, formats: chosen, outputFolder: null };
}

/**
 * Returns the plan to write all transcripts to standard output. Throws UsageError for several formats, and for several
 * inputs in a format that needs one file for each transcript (srt, vtt, tsv).
 */
function toStandardOutput(inputs: readonly InputFile[], chosen: readonly FileFormat[]): OutputPlan {
  const advice = "write --beside for files next to the inputs";
  if (chosen.length > 1) {
    throw new UsageError(
      `--format ${chosen.join(",")} needs a file for each format: ` +
        `name a folder, for example --output transcripts/, or ${advice}`,
    );
  }
  const [format = "text"] = chosen;
  if (inputs.length > 1 && ["srt", "vtt", "tsv"].includes(format)) {
    throw new UsageError(
      `--format ${format} needs a file for each of the ${inputs.length} inputs: ` +
        `name a folder, for example --output transcripts/, or ${advice}`,
    );
  }
  const files = inputs.map((input) => ({ input, outputs: [] }));
  return { files, isPrinted: true, isNamed: false, formats: chosen, outputFolder: null };
}

/** Returns the reason why there are several output files. Null when one output file is enough. */
function severalOutputs(
  inputs: readonly InputFile[],
  explicit: readonly FileFormat[] | null,
): string | null {
  if (inputs.length > 1) return `there are ${inputs.length} inputs`;
  if (explicit !== null && explicit.length > 1) return `there are ${explicit.length} formats`;
  const found = inputs.find(({ from }) => from !== "named");
  return found === undefined ? null : `the input is a ${found.from}`;
}

/**
 * Returns whether `output` is a folder. `several` is the reason why there are several output files, or null when one
 * output file is enough. With several output files, a path that does not exist and has no known file extension also
 * counts as a folder. Throws UsageError when there are several output files but `output` is one file.
 */
function isFolder(output: string, several: string | null): boolean {
  if (/[/\\]$/u.test(output)) return true;
  const found = kindOf(output);
  if (found === "folder") return true;
  if (several === null) return false;
  if (found === "nothing" && formatOf(output) === undefined) return true;
  throw new UsageError(
    `--output "${shownPath(output)}" is one file, but ${several}: ` +
      "name a folder, for example --output transcripts/",
  );
}

function kindOf(path: string): "file" | "folder" | "nothing" {
  const stats = fileStats(path);
  if (stats === null) return "nothing";
  return stats.isDirectory() ? "folder" : "file";
}

/**
 * Returns the path from which the names of the output files are made. The path is relative to the output folder and has
 * the extension of the input.
 */
function baseOf({ path, relative }: InputFile): string {
  return isStandardInput(path) ? "stdin" : relative;
}
