/**
 * Writes the transcript of one file to standard output. Before the transcripts of all earlier files are complete,
 * writes nothing. After that, writes each new part of the text while the file is transcribed.
 */
import { fstatSync } from "node:fs";
import type { JobEvent } from "../../jobs/events.ts";
import type { Transcript } from "../../transcript/transcript.ts";
import { shownPath } from "../file-names.ts";
import type { BatchProgress } from "./batch-progress.ts";
import { LiveText, type TextLayout } from "./live-text.ts";
import type { Task } from "./task.ts";
import { render } from "./transcript-files.ts";
import type { Turn } from "./turns.ts";
import { print } from "../print.ts";
import { standardError } from "../../platform/standard-error.ts";

export interface StandardOutputOptions {
  /** Name of the file. When there are several files, the terminal shows the name above the text. */
  readonly name: string;
  readonly isFirst: boolean;
  readonly turn: Turn;
  readonly progress: BatchProgress;
}

/** Writes the transcript of one file when it is the turn of this file. Disposing the object ends the turn. */
export class StandardOutput implements Disposable {
  readonly #task: Task;
  readonly #turn: Turn;
  readonly #progress: BatchProgress;
  readonly #text: LiveText;
  readonly #layout: TextLayout;
  /** Text that is not written yet, because it is not the turn of this file yet. */
  #waiting = "";
  /**
   * Whether a part of the text is written. If the transcription fails after this, the last line still needs a line
   * break.
   */
  #isBegun = false;
  /** Line with the name of the file. Empty when it is already written, or when no name is shown. */
  #heading: string;

  constructor(task: Task, { name, isFirst, turn, progress }: StandardOutputOptions) {
    this.#task = task;
    this.#turn = turn;
    this.#progress = progress;
    this.#layout = liveLayout(task);
    this.#text = new LiveText(this.#layout);
    const isMixed = process.stdout.isTTY && standardError.isTTY && task.files.length > 1;
    this.#heading = isMixed ? `${isFirst ? "" : "\n"}${shownPath(name)}:\n` : "";
    if (turn.hasCome) this.#writeHeading();
  }

  /** Handles an event of the job. If it is the turn of this file, writes the text that is not written yet. */
  async add(event: JobEvent): Promise<void> {
    if (event.type === "segment" && this.#isLive) this.#waiting += this.#text.add(event.segment);
    if (this.#turn.hasCome) await this.#flush();
  }

  /** Waits for the turn of this file and writes the rest of the transcript. */
  async finish(transcript: Transcript): Promise<void> {
    const [format = "text"] = this.#task.formats;
    if (!this.#isLive) this.#waiting += render(transcript, format, this.#task);
    // Writes an empty line for a recording without speech, so that line N always contains the text of recording N.
    else if (this.#layout === "whole" && !this.#text.isInLine) this.#waiting += "\n";
    else this.#waiting += this.#text.end();
    await this.#turn.come;
    await this.#flush();
    this.#progress.isHeld = false;
  }

  /**
   * Called when the transcription of the file has failed. Waits for the turn of this file. If a part of its text is
   * already written, writes the missing line break.
   */
  async abandon(): Promise<void> {
    this.#waiting = this.#isBegun ? this.#text.end() : "";
    await this.#turn.come;
    // Ignores an error of standard output, because the next file reports this error.
    await this.#flush().catch(() => undefined);
    this.#progress.isHeld = false;
  }

  /** Writes the name of the file, if the name must be shown and is not written yet. */
  #writeHeading(): void {
    if (this.#heading === "") return;
    this.#progress.clear();
    standardError.write(this.#heading);
    this.#heading = "";
  }

  [Symbol.dispose](): void {
    this.#turn[Symbol.dispose]();
  }

  get #isLive(): boolean {
    return this.#task.formats.includes("text");
  }

  async #flush(): Promise<void> {
    this.#writeHeading();
    if (this.#waiting === "") return;
    const text = this.#waiting;
    this.#waiting = "";
    this.#progress.clear();
    // The program that reads the pipe may print to the same terminal. If that program has printed an incomplete line, a
    // progress line would erase it. Therefore the progress line is not shown until the line is complete.
    this.#progress.isHeld = !text.endsWith("\n") && writesToPipe();
    try {
      await print(text);
      this.#isBegun = true;
    } catch (error) {
      this.#isBegun = false;
      throw error;
    }
  }
}

// --- internal ---

/**
 * Returns the layout of the text on standard output. Without --timestamps, a terminal gets one line for each segment. A
 * pipe or a file gets the whole transcript on one line. This is also the layout of the files that --output writes.
 */
function liveLayout({ timestamps }: Task): TextLayout {
  if (timestamps) return "times";
  return process.stdout.isTTY ? "lines" : "whole";
}

function writesToPipe(): boolean {
  const stdout = fstatSync(1);
  return stdout.isFIFO() || stdout.isSocket();
}
