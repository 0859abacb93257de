/**
 * Computes how long the next runner must wait before it starts. The time depends on the number of failures in a row.
 * The time doubles with each further failure. A finished job resets the time.
 */

/**
 * After this number of deaths in a row, the next runner still starts immediately. One faulty job can kill two runners
 * before the job fails. Other jobs should not have to wait because of such a job.
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
   * Records that a runner rejected the model. The next runner then always has to wait, because it would probably reject
   * the model again.
   */
  loadRejected(): void {
    this.#failures = Math.max(this.#failures, immediateRestarts);
    this.#failed();
  }

  jobFinished(): void {
    this.#failures = 0;
    this.#untilMs = 0;
  }

  /** Time in milliseconds until the next runner may start. 0 when it may start now. */
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
