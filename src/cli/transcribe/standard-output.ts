/**
 * Writes the transcript of one file to standard output. Text is written while the file is transcribed, as soon as the
 * transcripts of all earlier files are complete.
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

export interface StandardOutputOptions {
  /** Name of the file. A terminal shows it above the text when there are several files. */
  readonly name: string;
  readonly isFirst: boolean;
  readonly turn: Turn;
  readonly progress: BatchProgress;
}

/** Disposing this object ends the turn of the file. */
export class StandardOutput implements Disposable {
  readonly #task: Task;
  readonly #turn: Turn;
  readonly #progress: BatchProgress;
  readonly #text: LiveText;
  readonly #layout: TextLayout;
  /** Text that waits for the turn. */
  #waiting = "";
  /** Whether a part of the text is written, so that its line must be ended. */
  #isBegun = false;
  /** Line with the name of the file. Empty when it is written, or when it is not needed. */
  #heading: string;

  constructor(task: Task, { name, isFirst, turn, progress }: StandardOutputOptions) {
    this.#task = task;
    this.#turn = turn;
    this.#progress = progress;
    this.#layout = liveLayout(task);
    this.#text = new LiveText(this.#layout);
    const isMixed = process.stdout.isTTY && process.stderr.isTTY && task.files.length > 1;
    this.#heading = isMixed ? `${isFirst ? "" : "\n"}${shownPath(name)}:\n` : "";
    if (turn.hasCome) this.#writeHeading();
  }

  /** Handles an event of the job. Writes what can be written now. */
  async add(event: JobEvent): Promise<void> {
    if (event.type === "segment" && this.#isLive) this.#waiting += this.#text.add(event.segment);
    if (this.#turn.hasCome) await this.#flush();
  }

  /** Waits for the turn and writes the rest of the transcript. */
  async finish(transcript: Transcript): Promise<void> {
    const [format = "text"] = this.#task.formats;
    if (!this.#isLive) this.#waiting += render(transcript, format, this.#task);
    // Writes an empty line for a recording in which nobody speaks, so that line N always contains the text of
    // recording N.
    else if (this.#layout === "whole" && !this.#text.isInLine) this.#waiting += "\n";
    else this.#waiting += this.#text.end();
    await this.#turn.come;
    await this.#flush();
    this.#progress.isHeld = false;
  }

  /** Waits for the turn of a file that failed. Ends the line of its text, if a part of the text is already written. */
  async abandon(): Promise<void> {
    this.#waiting = this.#isBegun ? this.#text.end() : "";
    await this.#turn.come;
    // When standard output cannot be written, the next file reports it.
    await this.#flush().catch(() => undefined);
    this.#progress.isHeld = false;
  }

  /** Writes the name of the file, if it is needed and not yet written. */
  #writeHeading(): void {
    if (this.#heading === "") return;
    this.#progress.clear();
    process.stderr.write(this.#heading);
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
    // The reader of a pipe may print to the same terminal. A progress line there would erase the line that is not yet
    // finished, so it is not shown.
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
