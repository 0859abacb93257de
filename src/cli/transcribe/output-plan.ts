/**
 * Decides where `transcribe` writes each transcript, and in which format. The decision depends on --output, --format
 * and the names of the inputs.
 */
import { statSync } from "node:fs";
import { extname } from "node:path";
import { UsageError } from "../../settings/config.ts";
import { type FileFormat, fileFormats, formats } from "../../transcript/format.ts";
import { shownPath, stemOf, systemPath } from "../file-names.ts";
import { isStandardInput } from "./input-audio.ts";

export interface TaskFile {
  readonly input: string;
  /** Path of the output. Null when the transcript is written to standard output. */
  readonly outputPath: string | null;
}

export interface OutputPlan {
  readonly files: readonly TaskFile[];
  readonly format: FileFormat;
  /** Folder for the outputs, created when it does not exist. Null when the output is one file or standard output. */
  readonly outputFolder: string | null;
}

interface Asked {
  readonly inputs: readonly string[];
  readonly output: string | undefined;
  readonly format: string | undefined;
}

/** Returns the outputs for the inputs and flags. Throws UsageError when the flags contradict each other. */
export function planOutputs({ inputs, output, format: written }: Asked): OutputPlan {
  const explicit = written === undefined ? null : readFormat(written);
  if (output === "") {
    throw new UsageError("--output is empty: name a file or a folder, or leave --output out");
  }
  if (output === "-") {
    throw new UsageError(
      '--output "-" is not standard output: leave --output out to print the transcript, ' +
        "or write --output ./- for a file of this name",
    );
  }
  if (output === undefined) {
    const format = explicit ?? "text";
    requireOneFile(inputs, format);
    const files = inputs.map((input) => ({ input, outputPath: null }));
    return { files, format, outputFolder: null };
  }
  if (isFolder(output, inputs)) {
    const format = explicit ?? "text";
    const files = filesInFolder(output, inputs, formats[format].extension);
    return { files, format, outputFolder: output };
  }
  const format = explicit ?? formatOf(output) ?? "text";
  requireSameFormat(output, format);
  const files = inputs.map((input) => ({ input, outputPath: output }));
  return { files, format, outputFolder: null };
}

// --- internal ---

/** The output format for each file extension. */
const formatByExtension: ReadonlyMap<string, FileFormat> = new Map([
  ["txt", "text"],
  ["json", "json"],
  ["srt", "srt"],
  ["vtt", "vtt"],
  ["tsv", "tsv"],
]);

function readFormat(written: string): FileFormat {
  const format = fileFormats.find((one) => one === written);
  if (format) return format;
  throw new UsageError(`--format is "${written}", expected one of ${fileFormats.join(", ")}`);
}

function extensionOf(path: string): string {
  return extname(path).slice(1).toLowerCase();
}

function formatOf(path: string): FileFormat | undefined {
  return formatByExtension.get(extensionOf(path));
}

function requireSameFormat(output: string, format: FileFormat): void {
  const named = formatOf(output);
  const { extension } = formats[format];
  if (named === undefined || formats[named].extension === extension) return;
  throw new UsageError(
    `--output "${shownPath(output)}" and --format ${format} contradict each other: ` +
      `name the file *.${extension}, or leave --format out to write ${named}`,
  );
}

/**
 * Throws UsageError when standard output would contain several transcripts in a format that has one transcript per
 * file. Text and JSON have a line for each transcript.
 */
function requireOneFile(inputs: readonly string[], format: FileFormat): void {
  if (inputs.length === 1 || !["srt", "vtt", "tsv"].includes(format)) return;
  throw new UsageError(
    `--format ${format} needs a file for each of the ${inputs.length} inputs: ` +
      "name a folder, for example --output transcripts/",
  );
}

/**
 * Returns whether `output` is a folder. With several inputs, a path that does not exist and has no known extension
 * counts as a folder. Throws UsageError when `output` is one file but there are several inputs.
 */
function isFolder(output: string, inputs: readonly string[]): boolean {
  if (/[/\\]$/u.test(output)) return true;
  const found = kindOf(output);
  if (found === "folder") return true;
  if (inputs.length === 1) return false;
  if (found === "nothing" && formatOf(output) === undefined) return true;
  throw new UsageError(
    `--output "${shownPath(output)}" is one file, but there are ${inputs.length} inputs: ` +
      "name a folder, for example --output transcripts/",
  );
}

function kindOf(path: string): "file" | "folder" | "nothing" {
  try {
    return statSync(systemPath(path)).isDirectory() ? "folder" : "file";
  } catch {
    // The later attempt to write reports why the path cannot be accessed.
    return "nothing";
  }
}

/**
 * Returns an output for each input, named after the input. Throws UsageError when two outputs would have the same path.
 */
function filesInFolder(folder: string, inputs: readonly string[], extension: string): TaskFile[] {
  const inputOf = new Map<string, string>();
  for (const input of inputs) {
    const name = isStandardInput(input) ? "stdin" : stemOf(input);
    const outputPath = `${folder.replace(/\/+$/u, "")}/${name}.${extension}`;
    const other = inputOf.get(outputPath);
    if (other !== undefined) {
      throw new UsageError(
        `"${shownPath(other)}" and "${shownPath(input)}" would both be written to "${shownPath(outputPath)}"`,
      );
    }
    inputOf.set(outputPath, input);
  }
  return [...inputOf].map(([outputPath, input]) => ({ input, outputPath }));
}
