/**
 * Computes the waiting time before the next runner starts after failures. The time doubles with each further failure. A
 * finished job resets it.
 */

/**
 * Number of deaths in a row after which the next runner still starts without waiting. A faulty job kills two runners
 * before it fails, and other jobs should not wait because of this job.
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

  /**
   * Records a rejected load. After it, the next runner always waits, because another load would probably fail in the
   * same way.
   */
  loadRejected(): void {
    this.#failures = Math.max(this.#failures, immediateRestarts);
    this.#failed();
  }

  jobFinished(): void {
    this.#failures = 0;
    this.#untilMs = 0;
  }

  /** Milliseconds until the next runner may start. 0 when it may start now. */
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
