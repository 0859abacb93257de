/** Shows the progress on one line of standard error. Shows nothing when standard error is not a terminal. */
import { nameOf } from "./file-names.ts";
import { StatusLine, type Terminal } from "./status-line.ts";
import { speedText, timeLeftText } from "./time-text.ts";
import { standardError } from "../platform/standard-error.ts";

/** The file whose progress is shown. `number` is the position of this file among the files, from 1 to `count`. */
export interface ShownFile {
  readonly name: string;
  readonly number: number;
  readonly count: number;
}

/** Progress of all files together. */
export interface ShownProgress {
  /** Seconds of audio that are already transcribed. */
  readonly doneS: number;
  /** Length of all audio in seconds. Null while it is unknown. */
  readonly totalS: number | null;
  /** Whether `totalS` contains estimates for files that are not open yet. */
  readonly isEstimate?: boolean;
  /** Seconds of audio per second of work. Null while it is unknown. */
  readonly speed?: number | null;
}

export class ProgressLine {
  readonly #line: StatusLine;

  constructor(terminal: Terminal = standardError) {
    this.#line = new StatusLine(terminal);
  }

  /** Shows the progress line for this file. `progress` is null before the first progress was reported. */
  show({ name, number, count }: ShownFile, progress: ShownProgress | null): void {
    this.#line.show({
      counter: count > 1 ? `${number} of ${count}` : "",
      share: progress?.totalS ? progress.doneS / progress.totalS : 0,
      name: nameOf(name),
      facts: progress === null ? [] : factsOf(progress),
    });
  }

  /**
   * Removes the line from the terminal, so that other output can be printed. The next call of `show` prints the line
   * again.
   */
  clear(): void {
    this.#line.clear();
  }

  /**
   * Removes the line permanently: later calls of `show` do nothing. After an interruption with Ctrl-C, also removes the
   * "^C" that the terminal printed.
   */
  close(isInterrupted: boolean): void {
    this.#line.close(isInterrupted);
  }
}

// --- internal ---

/** Returns texts of the progress for terminals of different widths, the longest text first. */
function factsOf({ doneS, totalS, isEstimate, speed = null }: ShownProgress): string[] {
  const total = totalS === null ? "?" : `${isEstimate ? "~" : ""}${totalS.toFixed(0)}`;
  const times = `${doneS.toFixed(0)} s of ${total} s`;
  if (speed === null) return [times];
  const withSpeed = `${times} ${speedText(speed)}`;
  if (totalS === null) return [withSpeed, times];
  const left = timeLeftText(Math.max(0, totalS - doneS) / speed);
  return [`${withSpeed} ${left}`, `${times} ${left}`, left];
}
