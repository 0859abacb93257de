/** Reports the resident memory of this process while the process works. */

const everyMs = 100;
/** Minimum change of the memory, in bytes. A smaller change is not reported. */
const changeBytes = 4 * 1024 * 1024;

export class MemoryReport {
  readonly #report: (residentBytes: number) => void;
  #activeCount = 0;
  #timer: Timer | null = null;
  #reportedBytes = 0;

  constructor(report: (residentBytes: number) => void) {
    this.#report = report;
  }

  async during<T>(work: Promise<T>): Promise<T> {
    this.#activeCount++;
    this.#timer ??= setInterval(() => this.measure(), everyMs);
    try {
      return await work;
    } finally {
      this.#activeCount--;
      this.measure();
      // The timer is stopped while the process is idle, because it would only wake the process up.
      if (this.#activeCount === 0 && this.#timer !== null) {
        clearInterval(this.#timer);
        this.#timer = null;
      }
    }
  }

  /** Reports the memory if it has changed. */
  measure(): void {
    const bytes = process.memoryUsage.rss();
    if (Math.abs(bytes - this.#reportedBytes) < changeBytes) return;
    this.#reportedBytes = bytes;
    this.#report(bytes);
  }
}
