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

/** Writes all outputs of one file. Throws WriteError. */
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

/** Returns the content of an output. Text without times has one line, which is empty when nobody speaks. */
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
