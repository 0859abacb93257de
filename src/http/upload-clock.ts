/** Ends an upload that stalls, that trickles, or that takes too long: while it lasts, it holds a place that others want. */
import { AsrError } from "../errors.ts";

export interface UploadLimits {
  /** How long the body may bring nothing. */
  readonly idleS: number;
  /** How long it may take altogether. */
  readonly timeoutS: number;
  /** What it must bring at least, on average over each window; 0 is any. */
  readonly bytesPerSMin: number;
}

export class UploadClock implements Disposable {
  readonly #idle: NodeJS.Timeout;
  readonly #deadline: NodeJS.Timeout;
  readonly #windows: NodeJS.Timeout;
  #windowBytes = 0;

  /** `end` is called with the AsrError that the client is answered with. */
  constructor(
    { idleS, timeoutS, bytesPerSMin }: UploadLimits,
    end: (reason: AsrError) => void,
    windowS = 30,
  ) {
    this.#idle = setTimeout(() => end(stalled(idleS)), idleS * 1000);
    this.#deadline = setTimeout(() => end(tooLong(timeoutS)), timeoutS * 1000);
    this.#windows = setInterval(() => {
      if (this.#windowBytes < bytesPerSMin * windowS) end(tooSlow(bytesPerSMin, windowS));
      this.#windowBytes = 0;
    }, windowS * 1000);
  }

  /** Bytes have come. */
  add(bytes: number): void {
    this.#idle.refresh();
    this.#windowBytes += bytes;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#deadline);
    clearInterval(this.#windows);
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
