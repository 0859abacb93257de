/** Counts the transcribed, skipped and failed files, and formats the numbers as a line of text. */
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

  /** Counts a transcribed file. `audioS` is the length of its audio in seconds. */
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

  /**
   * Returns the line of text. `count` is the number of all files, including files whose transcription did not start.
   */
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
