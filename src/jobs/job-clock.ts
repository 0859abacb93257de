/** Ends a job whose client left, that waits too long for its turn, or is worked on too long. */
import { AsrError } from "../errors.ts";

export interface JobClockOptions {
  /** Aborted when the client leaves. */
  readonly client: AbortSignal;
  readonly queueTimeoutS: number;
  readonly transcribeTimeoutS: number;
  /** What a client that waited for nothing is told of when to come back. */
  readonly retryAfterS: () => number;
}

export class JobClock implements Disposable {
  /** Aborted with the AsrError that the client is answered with, if it is still there. */
  readonly signal: AbortSignal;
  readonly #options: JobClockOptions;
  readonly #expired = new AbortController();
  readonly #startMs = performance.now();
  #timer: NodeJS.Timeout;
  #workMs: number | null = null;

  constructor(options: JobClockOptions) {
    this.#options = options;
    this.signal = AbortSignal.any([options.client, this.#expired.signal]);
    this.#timer = setTimeout(
      () => this.#expired.abort(this.#waitedTooLong()),
      options.queueTimeoutS * 1000,
    );
  }

  /** The job's turn has come. */
  work(): void {
    if (this.#workMs !== null) return;
    this.#workMs = performance.now();
    clearTimeout(this.#timer);
    const { transcribeTimeoutS } = this.#options;
    this.#timer = setTimeout(
      () => this.#expired.abort(this.#workedTooLong()),
      transcribeTimeoutS * 1000,
    );
  }

  /** How long the job waited, or waits. */
  get waitedS(): number {
    return ((this.#workMs ?? performance.now()) - this.#startMs) / 1000;
  }

  /** The error of a time that is over, which is why the work failed; else what it failed with. */
  explain(error: unknown): unknown {
    return this.#expired.signal.aborted ? this.#expired.signal.reason : error;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #waitedTooLong(): AsrError {
    const { queueTimeoutS } = this.#options;
    const retryAfterS = this.#options.retryAfterS();
    const words =
      `Cannot transcribe the audio now: its turn did not come within ${queueTimeoutS} s ` +
      `(OPEN_ASR_SERVER_QUEUE_TIMEOUT_SECONDS); come back in ${retryAfterS} s`;
    return new AsrError("server_busy", words, { retryAfterS });
  }

  #workedTooLong(): AsrError {
    const { transcribeTimeoutS } = this.#options;
    const words =
      `The transcription took more than ${transcribeTimeoutS} s and was stopped: send shorter audio, ` +
      "or have the operator raise OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS";
    return new AsrError("deadline_exceeded", words);
  }
}
