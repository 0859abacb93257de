/** Counts the bytes of an upload, and measures its recent rate and its mean rate. */

/** The recent rate covers the last one to two windows, so that a fast start does not hide a slow rest. */
const windowMs = 10_000;
/** Minimum time for the mean rate. Over a shorter time, the first packet of a slow upload would look fast. */
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
  /** Start of the time that the recent rate covers. */
  #from: Mark;
  #next: Mark;

  /** `announcedBytes`: the Content-Length of the request; 0 without this header. */
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

  /** Estimated seconds until the upload ends, at the recent rate; null when its length was not announced. */
  get secondsLeft(): number | null {
    if (this.#announcedBytes === 0) return null;
    return Math.max(0, this.#announcedBytes - this.#bytes) / Math.max(1, this.rate);
  }

  /** Mean rate since the start of the upload, in bytes per second. */
  get meanRate(): number {
    return (this.#bytes / Math.max(meanMsMin, this.#now() - this.#startMs)) * 1000;
  }

  /** Recent rate in bytes per second. */
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
