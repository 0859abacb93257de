/** Counts what became of the files, and writes the counts as a line of text. */
import { durationText, speedText } from "../time-text.ts";

export class Summary {
  readonly #startMs = performance.now();
  #transcribed = 0;
  #skipped = 0;
  #failed = 0;
  #audioS = 0;

  get transcribed(): number {
    return this.#transcribed;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Counts a file that was transcribed. */
  add(audioS: number): void {
    this.#transcribed += 1;
    this.#audioS += audioS;
  }

  skip(count = 1): void {
    this.#skipped += count;
  }

  fail(): void {
    this.#failed += 1;
  }

  /** Returns the counts. `count` is the number of all files, including those that were not started. */
  text(count: number, nowMs = performance.now()): string {
    const left = count - this.#transcribed - this.#skipped - this.#failed;
    const counts = [
      `${this.#transcribed} transcribed`,
      `${this.#skipped} skipped`,
      `${this.#failed} failed`,
      ...(left > 0 ? [`${left} left`] : []),
    ].join(", ");
    if (this.#audioS === 0) return counts;
    const workS = (nowMs - this.#startMs) / 1000;
    const speed = speedText(this.#audioS / workS);
    return `${counts}; ${durationText(this.#audioS)} of audio in ${durationText(workS)}, ${speed} real time`;
  }
}
