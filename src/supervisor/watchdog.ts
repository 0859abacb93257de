/**
 * Kills a runner that exceeds a limit. The limits apply to the time to load its model, its memory, the time to stop a
 * cancelled job, and the time to answer a ping.
 */
import type { Death } from "./death.ts";
import { Ping } from "./ping.ts";

export interface RunnerLimits {
  /** Maximum memory of the process in bytes. */
  readonly memoryBytesMax: number;
  /** Maximum time to load the model, in milliseconds. */
  readonly loadMsMax: number;
  /** Maximum time from the cancellation of a job to the end of the job, in milliseconds. */
  readonly cancelMsMax: number;
  /** Maximum time until the answer to a ping, in milliseconds. 0 disables pings. */
  readonly pingMsMax: number;
}

export interface WatchedRunner {
  readonly ping: () => void;
  readonly kill: (death: Death) => void;
}

export class Watchdog {
  readonly #limits: RunnerLimits;
  readonly #runner: WatchedRunner;
  readonly #loadTimer: Timer;
  readonly #ping: Ping;

  /** Starts the timer for the load of the model. */
  constructor(limits: RunnerLimits, runner: WatchedRunner) {
    const { loadMsMax, pingMsMax } = limits;
    this.#limits = limits;
    this.#runner = runner;
    this.#loadTimer = setTimeout(
      () => runner.kill({ kind: "load-timeout", ms: loadMsMax }),
      loadMsMax,
    );
    this.#ping = new Ping(pingMsMax, runner.ping, () =>
      runner.kill({ kind: "hung", ms: pingMsMax }),
    );
  }

  /** Call this when the model is loaded. Starts the pings. */
  loaded(): void {
    clearTimeout(this.#loadTimer);
    this.#ping.start();
  }

  pingAnswered(): void {
    this.#ping.answered();
  }

  memory(residentBytes: number): void {
    const bytesMax = this.#limits.memoryBytesMax;
    if (residentBytes > bytesMax) this.#runner.kill({ kind: "memory", bytesMax });
  }

  /**
   * Call this when a job is cancelled. If the job does not end in time, kills the runner. Returns the timer for this.
   * The caller must clear the timer when the job ends.
   */
  cancelled(): Timer {
    const { cancelMsMax } = this.#limits;
    return setTimeout(
      () => this.#runner.kill({ kind: "ignored-cancel", ms: cancelMsMax }),
      cancelMsMax,
    );
  }

  stop(): void {
    clearTimeout(this.#loadTimer);
    this.#ping.stop();
  }
}
