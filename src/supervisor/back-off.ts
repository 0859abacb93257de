/** The wait before the next runner starts after failures. It doubles with each further failure and ends with a success. */

/**
 * After this many deaths in a row, the next runner still starts at once. A faulty job kills two runners before it fails,
 * and other jobs should not wait because of it.
 */
const immediateRestarts = 2;
const firstMs = 500;
const longestMs = 30_000;

export class BackOff {
  #failures = 0;
  #untilMs = 0;

  died(): void {
    this.#failed();
  }

  /** After a rejected load, the next runner always waits, because another load would probably fail in the same way. */
  loadRejected(): void {
    this.#failures = Math.max(this.#failures, immediateRestarts);
    this.#failed();
  }

  jobFinished(): void {
    this.#failures = 0;
    this.#untilMs = 0;
  }

  /** Milliseconds until the next runner may start; 0 when it may start now. */
  get remainingMs(): number {
    return Math.max(0, this.#untilMs - performance.now());
  }

  #failed(): void {
    this.#failures++;
    const counted = this.#failures - immediateRestarts;
    if (counted <= 0) return;
    this.#untilMs = performance.now() + Math.min(longestMs, firstMs * 2 ** (counted - 1));
  }
}
