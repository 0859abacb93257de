/** Parses the value of --format, and determines the format from the file extension of --output. */
import { UsageError } from "../../settings/config.ts";
import { type FileFormat, fileFormats, formats } from "../../transcript/format.ts";
import { extensionOf, shownPath } from "../file-names.ts";

/** Parses a list of formats such as "srt,txt". "txt" is another name of the format `text`. */
export function readFormats(written: string): FileFormat[] {
  const names = written.split(",").map((name) => name.trim());
  const chosen = names.map((name) =>
    fileFormats.find((one) => one === (name === "txt" ? "text" : name)),
  );
  if (chosen.includes(undefined)) {
    throw new UsageError(
      `--format is "${written}", expected one of ${fileFormats.join(", ")}, or several: srt,txt`,
    );
  }
  const known = [...new Set(chosen as FileFormat[])];
  if (known.includes("json") && known.includes("verbose_json")) {
    throw new UsageError(
      `--format is "${written}", expected json or verbose_json: both are written to files *.json`,
    );
  }
  return known;
}

/** Returns the format that belongs to the file extension of the path. Undefined for an unknown extension. */
export function formatOf(path: string): FileFormat | undefined {
  return formatByExtension.get(extensionOf(path).slice(1).toLowerCase());
}

/** Throws UsageError when the file extension of --output belongs to another format than `format`. */
export function requireSameFormat(output: string, format: FileFormat): void {
  const named = formatOf(output);
  const { extension } = formats[format];
  if (named === undefined || formats[named].extension === extension) return;
  throw new UsageError(
    `--output "${shownPath(output)}" and --format ${format} contradict each other: ` +
      `name the file *.${extension}, or leave --format out to write ${named}`,
  );
}

// --- internal ---

/** Maps each file extension to its output format. */
const formatByExtension: ReadonlyMap<string, FileFormat> = new Map([
  ["txt", "text"],
  ["json", "json"],
  ["srt", "srt"],
  ["vtt", "vtt"],
  ["tsv", "tsv"],
]);
