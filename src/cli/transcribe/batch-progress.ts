/** Shows the progress of all files together: the file that is transcribed now, the speed, and the remaining time. */
import type { Progress } from "../../ipc/options.ts";
import { AudioTotals, type SizedFile } from "./audio-totals.ts";
import { ProgressLine, type ShownProgress } from "../progress-line.ts";

/** Shows the progress of a batch of files. The methods identify a file by its number, counted from 0. */
export class BatchProgress {
  readonly #line: ProgressLine;
  readonly #now: () => number;
  readonly #files: readonly SizedFile[];
  readonly #totals: AudioTotals;
  readonly #running = new Set<number>();
  #ended = 0;
  /** Time of the first reported progress, in milliseconds. Null until then, because the model is still being loaded. */
  #startMs: number | null = null;
  /**
   * Whether the last line on standard output is incomplete. The progress line is then not shown, because it would
   * overwrite the incomplete line.
   */
  isHeld = false;

  constructor(
    files: readonly SizedFile[],
    line: ProgressLine = new ProgressLine(),
    now: () => number = () => performance.now(),
  ) {
    this.#files = files;
    this.#totals = new AudioTotals(files);
    this.#line = line;
    this.#now = now;
  }

  start(index: number): void {
    this.#running.add(index);
    this.#show();
  }

  update(index: number, progress: Progress): void {
    this.#startMs ??= this.#now();
    this.#totals.progress(index, progress);
    this.#show();
  }

  /**
   * Records the end of a file. `durationS` is the length of its audio in seconds, or null when the file was not
   * transcribed.
   */
  end(index: number, durationS: number | null): void {
    this.#running.delete(index);
    this.#ended += 1;
    if (durationS === null) this.#totals.drop(index);
    else this.#totals.finish(index, durationS);
    this.#show();
  }

  /** Removes the progress line, so that other output can be printed. The next update prints the line again. */
  clear(): void {
    this.#line.clear();
  }

  #show(): void {
    // The first running file is shown. The files start in order, so this file has been running for the longest time.
    const [index] = this.#running;
    const file = index === undefined ? undefined : this.#files[index];
    if (file === undefined || this.isHeld) return;
    const { length: count } = this.#files;
    const number = Math.min(count, this.#ended + 1);
    this.#line.show({ name: file.path, number, count }, this.#shown());
  }

  #shown(): ShownProgress | null {
    if (this.#startMs === null) return null;
    const { doneS, totalS, isEstimate } = this.#totals;
    const workS = (this.#now() - this.#startMs) / 1000;
    const isKnown = workS >= knownAfterS && doneS > 0;
    return { doneS, totalS, isEstimate, speed: isKnown ? doneS / workS : null };
  }
}

// --- internal ---

/** Seconds of work after which the speed is shown. Earlier, the speed would be inaccurate. */
const knownAfterS = 2;
