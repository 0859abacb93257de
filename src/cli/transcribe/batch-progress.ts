/** Shows the progress of all files together: on which file the work is, how fast it is, and how long it will last. */
import type { Progress } from "../../ipc/options.ts";
import { AudioTotals, type SizedFile } from "./audio-totals.ts";
import { ProgressLine, type ShownProgress } from "../progress-line.ts";

/** Files of a batch are known by their number, counted from 0. */
export class BatchProgress {
  readonly #line: ProgressLine;
  readonly #now: () => number;
  readonly #files: readonly SizedFile[];
  readonly #totals: AudioTotals;
  readonly #running = new Set<number>();
  #ended = 0;
  /** Time of the first progress. Earlier, the model was loaded. Null until then. */
  #startMs: number | null = null;
  /** Whether standard output contains a line that is not complete, which the progress line would overwrite. */
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

  /** Notes the end of a file. `durationS` is its length, or null when the file was not transcribed. */
  end(index: number, durationS: number | null): void {
    this.#running.delete(index);
    this.#ended += 1;
    if (durationS === null) this.#totals.drop(index);
    else this.#totals.finish(index, durationS);
    this.#show();
  }

  /** Removes the line, so that other output can be printed. The next progress prints the line again. */
  clear(): void {
    this.#line.clear();
  }

  #show(): void {
    // The files run in order, so the first one has been running for the longest time.
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

/** The speed is shown after this time, because it would be inaccurate earlier. */
const knownAfterS = 2;
