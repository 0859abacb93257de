/** How long to leave something alone that fails again and again: longer each time, until it works once. */

/** Failures in a row that cost nothing: a job that kills its runner does so twice. */
const freeFailures = 2;
const firstMs = 500;
const longestMs = 30_000;

export class BackOff {
  #failures = 0;
  #untilMs = 0;

  failed(): void {
    this.#failures++;
    const counted = this.#failures - freeFailures;
    if (counted <= 0) return;
    this.#untilMs = performance.now() + Math.min(longestMs, firstMs * 2 ** (counted - 1));
  }

  worked(): void {
    this.#failures = 0;
    this.#untilMs = 0;
  }

  /** Milliseconds until the next try; 0 when it may be now. */
  get remainingMs(): number {
    return Math.max(0, this.#untilMs - performance.now());
  }
}
