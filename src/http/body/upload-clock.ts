/** Aborts uploads that stall, are too slow, or take too long, because each running upload occupies an upload slot. */
import { AsrError } from "../../errors.ts";

export interface UploadLimits {
  /** Maximum time without a received byte, in seconds. After this time, the upload is aborted. */
  readonly idleS: number;
  /** Maximum duration of an upload in seconds. A longer upload is aborted. */
  readonly timeoutS: number;
  /** Minimum average rate over a time window, in bytes per second. A slower upload is aborted. 0 allows any rate. */
  readonly bytesPerSMin: number;
}

/**
 * Measures idle time and rate in ticks of a timer. A tick counts only while the server waits for the client, so a slow
 * disk cannot cause an abort. A late tick counts as one tick, so a busy server cannot cause an abort either.
 */
export class UploadClock implements Disposable {
  readonly #limits: UploadLimits;
  readonly #arrival: { readonly bytes: number };
  readonly #end: (reason: AsrError) => void;
  readonly #ticker: NodeJS.Timeout;
  readonly #deadline: NodeJS.Timeout;
  readonly #tickS: number;
  readonly #windowS: number;
  #isAwaiting = false;
  #idleTicks = 0;
  #windowTicks = 0;
  /** Number of bytes that had arrived at the last counted tick. */
  #bytesBefore = 0;
  #windowStartBytes = 0;

  /**
   * `arrival` counts the received bytes. When an upload must be aborted, the clock calls `end` with the AsrError for
   * the response.
   */
  constructor(
    limits: UploadLimits,
    arrival: { readonly bytes: number },
    end: (reason: AsrError) => void,
  ) {
    const { idleS, timeoutS } = limits;
    this.#limits = limits;
    this.#arrival = arrival;
    this.#end = end;
    this.#tickS = Math.min(1, idleS / 10);
    // A client may pause for up to `idleS` seconds. Therefore the time window of the rate is at least as long.
    this.#windowS = Math.max(30, idleS);
    this.#ticker = setInterval(() => this.#tick(), this.#tickS * 1000);
    this.#deadline = setTimeout(() => end(tooLong(timeoutS)), timeoutS * 1000);
  }

  /** Waits for the next piece from the client. Ticks count only during this wait. */
  async awaiting<T>(piece: Promise<T>): Promise<T> {
    this.#isAwaiting = true;
    try {
      return await piece;
    } finally {
      this.#isAwaiting = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#deadline);
  }

  #tick(): void {
    if (!this.#isAwaiting) return;
    const { idleS, bytesPerSMin } = this.#limits;
    const { bytes } = this.#arrival;
    this.#idleTicks = bytes === this.#bytesBefore ? this.#idleTicks + 1 : 0;
    this.#bytesBefore = bytes;
    if (this.#idleTicks * this.#tickS >= idleS) {
      this.#end(stalled(idleS));
      return;
    }
    this.#windowTicks += 1;
    if (this.#windowTicks * this.#tickS < this.#windowS) return;
    if (bytes - this.#windowStartBytes < bytesPerSMin * this.#windowS) {
      this.#end(tooSlow(bytesPerSMin, this.#windowS));
    }
    this.#windowTicks = 0;
    this.#windowStartBytes = bytes;
  }
}

// --- internal ---

function stalled(idleS: number): AsrError {
  const message = `The upload stalled: no byte arrived for ${idleS} s (limit: OPEN_ASR_SERVER_UPLOAD_IDLE_SECONDS); send the file again`;
  return new AsrError("upload_timeout", message, { param: "file" });
}

function tooLong(timeoutS: number): AsrError {
  const message = `The upload took more than ${timeoutS} s (limit: OPEN_ASR_SERVER_UPLOAD_TIMEOUT_SECONDS)`;
  return new AsrError("upload_timeout", message, { param: "file" });
}

function tooSlow(bytesPerSMin: number, windowS: number): AsrError {
  const message =
    `The upload is too slow: less than ${bytesPerSMin} bytes per second arrived for ${windowS} s ` +
    "(OPEN_ASR_SERVER_MIN_UPLOAD_RATE)";
  return new AsrError("upload_timeout", message, { param: "file" });
}
