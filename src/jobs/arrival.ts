/** The bytes of an upload as they come: how many, and how fast lately. */

/** The rate is measured over the last one to two windows, so that a fast start does not hide a slow rest. */
const windowMs = 10_000;

interface Mark {
  readonly ms: number;
  readonly bytes: number;
}

export class Arrival {
  readonly #now: () => number;
  #bytes = 0;
  /** Where the rate is measured from. */
  #from: Mark;
  #next: Mark;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#from = { ms: now(), bytes: 0 };
    this.#next = this.#from;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: number): void {
    this.#moveWindow();
    this.#bytes += bytes;
  }

  /** Bytes a second. */
  get rate(): number {
    this.#moveWindow();
    const ms = Math.max(1, this.#now() - this.#from.ms);
    return ((this.#bytes - this.#from.bytes) / ms) * 1000;
  }

  #moveWindow(): void {
    const ms = this.#now();
    if (ms - this.#next.ms < windowMs) return;
    this.#from = this.#next;
    this.#next = { ms, bytes: this.#bytes };
  }
}
