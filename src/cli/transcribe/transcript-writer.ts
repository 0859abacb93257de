/**
 * Writes the transcripts of `transcribe`. Text for standard output is written while the job runs; other formats and
 * files are written when the job ends.
 */
import { fstatSync, mkdirSync } from "node:fs";
import { collect } from "../../jobs/collect.ts";
import type { JobEvent } from "../../jobs/events.ts";
import { formats } from "../../transcript/format.ts";
import type { Transcript } from "../../transcript/transcript.ts";
import { isClosedPipe } from "../closed-pipe.ts";
import { shownPath, systemPath } from "../file-names.ts";
import { fileProblem } from "../file-problems.ts";
import { layOut, LiveText, type TextLayout } from "./live-text.ts";
import type { TaskFile } from "./output-plan.ts";
import type { ProgressLine, ShownFile } from "./progress.ts";
import { replaceFile } from "../replace-file.ts";
import type { Task } from "./task.ts";

/** Error when a transcript is complete but cannot be written. */
export class WriteError extends Error {
  override readonly name = "WriteError";

  constructor(output: string, cause: unknown) {
    super(`Cannot write ${output}: ${fileProblem(cause)}`, { cause });
  }
}

/** Writes transcripts, one after another. */
export class TranscriptWriter {
  readonly #task: Task;
  readonly #progress: ProgressLine;
  #shown: ShownFile = { name: "", number: 0, count: 0 };

  constructor(task: Task, progress: ProgressLine) {
    this.#task = task;
    this.#progress = progress;
  }

  /** Shows the file whose transcript is written next. `number` is the number of the file, counted from 1. */
  begin({ input, outputPath }: TaskFile, number: number): void {
    const count = this.#task.files.length;
    this.#shown = { name: input, number, count };
    const isMixed = outputPath === null && process.stdout.isTTY && process.stderr.isTTY;
    if (isMixed && count > 1) {
      this.#progress.clear();
      process.stderr.write(`${number > 1 ? "\n" : ""}${shownPath(input)}:\n`);
    }
    this.#progress.show(this.#shown, null);
  }

  /** Writes the transcript of one file. Throws the error of the job, or WriteError. */
  async write(file: TaskFile, events: AsyncIterable<JobEvent>): Promise<void> {
    if (file.outputPath === null && this.#task.format === "text") {
      return this.#writeLive(events);
    }
    const transcript = await collect(events, (event) => {
      if (event.type === "progress") this.#progress.show(this.#shown, event);
    });
    await this.#write(render(transcript, this.#task), file.outputPath);
  }

  async #writeLive(events: AsyncIterable<JobEvent>): Promise<void> {
    const layout = liveLayout(this.#task);
    const text = new LiveText(layout);
    try {
      await collect(events, async (event) => {
        if (event.type === "segment") await this.#write(text.add(event.segment), null);
        // The reader of a pipe may print to the same terminal. A progress line there would erase the line that is not
        // yet finished, so it is not shown.
        const isHidden = text.isInLine && writesToPipe();
        if (event.type === "progress" && !isHidden) this.#progress.show(this.#shown, event);
      });
      // Prints an empty line for a recording in which nobody speaks, so that line N always contains the text of
      // recording N.
      if (layout === "whole" && !text.isInLine) await this.#write("\n", null);
    } finally {
      await this.#write(text.end(), null);
    }
  }

  async #write(text: string, path: string | null): Promise<void> {
    if (path === null && text === "") return;
    this.#progress.clear();
    try {
      if (path === null) await Bun.write(Bun.stdout, text);
      else await this.#writeFile(path, text);
    } catch (error) {
      if (path === null && isClosedPipe(error)) throw error;
      throw new WriteError(path === null ? "to standard output" : `"${shownPath(path)}"`, error);
    }
  }

  async #writeFile(path: string, text: string): Promise<void> {
    const { outputFolder } = this.#task;
    if (outputFolder !== null) mkdirSync(systemPath(outputFolder), { recursive: true });
    await replaceFile(path, text);
  }
}

/** Prints which transcript was written to which file. */
export function reportWritten(written: readonly TaskFile[]): void {
  const lines = written.map(
    ({ input, outputPath }) =>
      `${shownPath(input)} -> ${outputPath === null ? "-" : shownPath(outputPath)}\n`,
  );
  process.stderr.write(lines.join(""));
}

// --- internal ---

/** Returns the content of an output. Text without times has one line, which is empty when nobody speaks. */
function render(transcript: Transcript, task: Task): string {
  const { format, granularities, cueLimits, timestamps } = task;
  if (timestamps) return layOut(transcript, "times");
  const text = formats[format].render(transcript, granularities, cueLimits);
  const isWhole = text.endsWith("\n") || (text === "" && format !== "text");
  return isWhole ? text : `${text}\n`;
}

/**
 * Returns the layout of the text on standard output. A terminal shows each segment on a line. A pipe or a file gets the
 * whole transcript on one line, as with --output.
 */
function liveLayout({ timestamps }: Task): TextLayout {
  if (timestamps) return "times";
  return process.stdout.isTTY ? "lines" : "whole";
}

function writesToPipe(): boolean {
  const stdout = fstatSync(1);
  return stdout.isFIFO() || stdout.isSocket();
}
