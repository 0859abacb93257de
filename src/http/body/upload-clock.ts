/** Ends an upload that stalls, that trickles, or that takes too long: while it lasts, it holds a slot that others want. */
import { AsrError } from "../../errors.ts";

export interface UploadLimits {
  /** How long the body may bring nothing. */
  readonly idleS: number;
  /** How long it may take altogether. */
  readonly timeoutS: number;
  /** What it must bring at least, on average over each window; 0 is any. */
  readonly bytesPerSMin: number;
}

/**
 * Idleness and rate are counted in ticks in which a piece was awaited. So neither a disk that is slow to take the last
 * one nor a busy server, whose ticks come late and are one each, is held against the client.
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
  /** Bytes that had come at the last tick, and when the window began. */
  #bytesBefore = 0;
  #windowStartBytes = 0;

  /** `arrival` counts the bytes; `end` is called with the AsrError that the client is answered with. */
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
    // A pause that is allowed must fit in.
    this.#windowS = Math.max(30, idleS);
    this.#ticker = setInterval(() => this.#tick(), this.#tickS * 1000);
    this.#deadline = setTimeout(() => end(tooLong(timeoutS)), timeoutS * 1000);
  }

  /** What `piece` comes to; until then the client is waited for. */
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
  const words = `The upload stalled: no byte came for ${idleS} s; send the file again`;
  return new AsrError("upload_timeout", words, { param: "file" });
}

function tooLong(timeoutS: number): AsrError {
  const words = `The upload took more than ${timeoutS} s (OPEN_ASR_SERVER_UPLOAD_TIMEOUT_SECONDS)`;
  return new AsrError("upload_timeout", words, { param: "file" });
}

function tooSlow(bytesPerSMin: number, windowS: number): AsrError {
  const words =
    `The upload is too slow: less than ${bytesPerSMin} bytes a second came for ${windowS} s ` +
    "(OPEN_ASR_SERVER_MIN_UPLOAD_RATE)";
  return new AsrError("upload_timeout", words, { param: "file" });
}
