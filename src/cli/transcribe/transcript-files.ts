/** Writes a transcript to its output files, in all formats. */
import { mkdirSync } from "node:fs";
import { type FileFormat, formats } from "../../transcript/format.ts";
import type { Transcript } from "../../transcript/transcript.ts";
import { parentOf, shownPath, systemPath } from "../file-names.ts";
import { replaceFile } from "../replace-file.ts";
import { WriteError } from "../write-error.ts";
import { layOut } from "./live-text.ts";
import type { TaskFile } from "./output-names.ts";
import type { Task } from "./task.ts";

/** Writes all output files of one input file. Throws WriteError when an output file cannot be written. */
export async function writeFiles(
  { outputs }: TaskFile,
  transcript: Transcript,
  task: Task,
): Promise<void> {
  for (const { format, path } of outputs) {
    try {
      if (task.outputFolder !== null) mkdirSync(systemPath(parentOf(path)), { recursive: true });
      await replaceFile(path, render(transcript, format, task));
    } catch (error) {
      throw new WriteError(`"${shownPath(path)}"`, error);
    }
  }
}

/**
 * Returns the content of an output file. In the format `text` without --timestamps, it is one line, which is empty if
 * the recording contains no speech.
 */
export function render(
  transcript: Transcript,
  format: FileFormat,
  { granularities, cueLimits, timestamps }: Task,
): string {
  if (timestamps && format === "text") return layOut(transcript, "times");
  const text = formats[format].render(transcript, granularities, cueLimits);
  const isWhole = text.endsWith("\n") || (text === "" && format !== "text");
  return isWhole ? text : `${text}\n`;
}
