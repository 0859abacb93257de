/** How long to wait before the next attempt after failures in a row: longer each time, until one attempt works. */

/**
 * After this many deaths in a row the next runner still starts at once: a job that kills its runner does so twice.
 */
const freeDeaths = 2;
const firstMs = 500;
const longestMs = 30_000;

export class BackOff {
  #failures = 0;
  #untilMs = 0;

  died(): void {
    this.#failed();
  }

  /** A load that was rejected is not retried for free: it would fail in the same way. */
  loadRejected(): void {
    this.#failures = Math.max(this.#failures, freeDeaths);
    this.#failed();
  }

  worked(): void {
    this.#failures = 0;
    this.#untilMs = 0;
  }

  /** Milliseconds until the next attempt; 0 when it may start now. */
  get remainingMs(): number {
    return Math.max(0, this.#untilMs - performance.now());
  }

  #failed(): void {
    this.#failures++;
    const counted = this.#failures - freeDeaths;
    if (counted <= 0) return;
    this.#untilMs = performance.now() + Math.min(longestMs, firstMs * 2 ** (counted - 1));
  }
}
