/** Shows the progress on one line of standard error. Shows nothing when standard error is not a terminal. */
import { sep } from "node:path";
import type { Progress } from "../../ipc/options.ts";
import { StatusLine, type Terminal } from "../status-line.ts";

/** The file whose progress is shown. `number` is the number of this file, from 1 to `count`. */
export interface ShownFile {
  readonly name: string;
  readonly number: number;
  readonly count: number;
}

export class ProgressLine {
  readonly #line: StatusLine;

  constructor(terminal: Terminal = process.stderr) {
    this.#line = new StatusLine(terminal);
  }

  /** Shows the progress line. `progress` is null until the first progress of this file is known. */
  show({ name, number, count }: ShownFile, progress: Progress | null): void {
    this.#line.show({
      counter: count > 1 ? `${number} of ${count}` : "",
      share: shareOf(progress),
      name: name.slice(name.lastIndexOf(sep) + 1),
      facts: [progress === null ? "" : timesText(progress)],
    });
  }

  /** Removes the line, so that other output can be printed. The next `show` prints the line again. */
  clear(): void {
    this.#line.clear();
  }

  /** Removes the line permanently: later calls of `show` do nothing. After an interruption, also removes a "^C". */
  close(isInterrupted: boolean): void {
    this.#line.close(isInterrupted);
  }
}

// --- internal ---

function timesText({ doneS, totalS }: Progress): string {
  return `${doneS.toFixed(0)} s of ${totalS === null ? "?" : totalS.toFixed(0)} s`;
}

function shareOf(progress: Progress | null): number {
  return progress === null || !progress.totalS ? 0 : progress.doneS / progress.totalS;
}
