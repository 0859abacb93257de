/** Counts the bytes of an upload. Measures its recent rate and its mean rate. */

/**
 * Length of a time window in milliseconds. The recent rate covers the last one to two windows. Therefore the recent
 * rate of an upload that has become slow is low, even if the start of the upload was fast.
 */
const windowMs = 10_000;
/**
 * Minimum time in milliseconds over which the mean rate is computed. Over a shorter time, the first packet of a slow
 * upload would make the upload look fast.
 */
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
  /** Start of the time over which the recent rate is computed. */
  #from: Mark;
  #next: Mark;

  /** `announcedBytes` is the expected size of the upload, in bytes. 0 when the size is unknown. */
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

  /**
   * Estimated time in seconds until the upload ends at the recent rate. Null when the size of the upload is unknown.
   */
  get secondsLeft(): number | null {
    if (this.#announcedBytes === 0) return null;
    return Math.max(0, this.#announcedBytes - this.#bytes) / Math.max(1, this.rate);
  }

  /** Mean rate since the start of the upload, in bytes per second. */
  get meanRate(): number {
    return (this.#bytes / Math.max(meanMsMin, this.#now() - this.#startMs)) * 1000;
  }

  /** Recent rate of the upload in bytes per second. */
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
