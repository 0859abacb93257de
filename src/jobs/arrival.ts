/** The bytes of an upload as they come: how many, how fast lately, and how fast on the whole. */

/** The rate is measured over the last one to two windows, so that a fast start does not hide a slow rest. */
const windowMs = 10_000;
/** The mean rate is over at least this long: the first packet of a slow upload would look fast. */
const meanMsMin = 1000;

interface Mark {
  readonly ms: number;
  readonly bytes: number;
}

export class Arrival {
  readonly #now: () => number;
  readonly #announcedBytes: number;
  readonly #startMs: number;
  #bytes = 0;
  /** Start of the period over which the rate is measured. */
  #from: Mark;
  #next: Mark;

  /** `announcedBytes` is the length that the request announced; 0 without one. */
  constructor(now: () => number = () => performance.now(), announcedBytes = 0) {
    this.#now = now;
    this.#announcedBytes = announcedBytes;
    this.#startMs = now();
    this.#from = { ms: this.#startMs, bytes: 0 };
    this.#next = this.#from;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: number): void {
    this.#moveWindow();
    this.#bytes += bytes;
  }

  /** Seconds until the announced length is here, at the rate of late; null when no length was announced. */
  get secondsLeft(): number | null {
    if (this.#announcedBytes === 0) return null;
    return Math.max(0, this.#announcedBytes - this.#bytes) / Math.max(1, this.rate);
  }

  /** Bytes a second since the start of the upload. */
  get meanRate(): number {
    return (this.#bytes / Math.max(meanMsMin, this.#now() - this.#startMs)) * 1000;
  }

  /** Bytes a second of late. */
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
