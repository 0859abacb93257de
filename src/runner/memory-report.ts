/** Tells what this process has in memory, as long as it works. */

const everyMs = 100;
/** Smaller changes are not worth a message. */
const changeBytes = 4 * 1024 * 1024;

export class MemoryReport {
  readonly #tell: (residentBytes: number) => void;
  #atWork = 0;
  #timer: Timer | null = null;
  #toldBytes = 0;

  constructor(tell: (residentBytes: number) => void) {
    this.#tell = tell;
  }

  async during<T>(work: Promise<T>): Promise<T> {
    this.#atWork++;
    this.#timer ??= setInterval(() => this.#look(), everyMs);
    try {
      return await work;
    } finally {
      this.#atWork--;
      this.#look();
      // An idle process is left asleep.
      if (this.#atWork === 0 && this.#timer !== null) {
        clearInterval(this.#timer);
        this.#timer = null;
      }
    }
  }

  #look(): void {
    const bytes = process.memoryUsage.rss();
    if (Math.abs(bytes - this.#toldBytes) < changeBytes) return;
    this.#toldBytes = bytes;
    this.#tell(bytes);
  }
}
