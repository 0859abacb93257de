/** Kills a runner that exceeds a limit: it loads too long, takes too much memory, ignores a cancel, or hangs. */
import type { Death } from "./death.ts";
import { Ping } from "./ping.ts";

export interface RunnerLimits {
  /** Most memory that the process may have. */
  readonly memoryBytesMax: number;
  /** Longest time until the model is loaded. */
  readonly loadMsMax: number;
  /** How long a cancelled job may go on. */
  readonly cancelMsMax: number;
  /** How long a ping may stay unanswered; 0: the runner is not pinged. */
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

  /** Watches the load from now on. */
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

  /** The model is loaded: from now on the runner must answer pings. */
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

  /** Kills the runner if a cancelled job does not end in time. Clear the returned timer when the job ends. */
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
