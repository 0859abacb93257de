/** Starts the runner of a model when a job needs it. If the runner has died, starts a new runner. */
import type { AsrError } from "../errors.ts";
import type { Log } from "../log.ts";
import { abortError, unlessAborted } from "../platform/abort.ts";
import { RunnerDied } from "./death.ts";
import { LoadRejected } from "./load-rejected.ts";
import { RestartPolicy, type RestartPolicyOptions } from "./restart-policy.ts";
import type { Runner } from "./runner.ts";

export interface RestartingRunnerOptions extends RestartPolicyOptions {
  /** Size of the model's files in bytes. */
  readonly fileBytes: number;
  /** The next process waits until the previous process has exited. This is the maximum waiting time in milliseconds. */
  readonly endMsMax: number;
  /**
   * Checks whether there is enough memory for one more process. Returns null when there is enough memory now. If other
   * processes are ending, returns a promise. When the promise resolves, the caller must check again. Throws AsrError
   * when not enough memory can be freed.
   */
  readonly room: () => Promise<unknown> | null;
  /** Starts a process that loads the model. Throws AsrError when memory or another system resource is exhausted. */
  readonly start: () => Runner;
  readonly log: Log;
}

export class RestartingRunner {
  readonly #options: RestartingRunnerOptions;
  readonly #policy: RestartPolicy;
  /** The runner that was started most recently. Null before the first start. */
  #runner: Runner | null = null;
  /** Processes that have not exited yet. There is rarely more than one. */
  readonly #processes = new Set<Runner>();
  #starts = 0;
  /** Number of jobs that wait for a runner. */
  #waiting = 0;

  constructor(options: RestartingRunnerOptions) {
    this.#options = options;
    this.#policy = new RestartPolicy(options);
  }

  /** The runner that has loaded the model or is loading it. Null when there is no such runner. */
  get alive(): Runner | null {
    return this.#runner !== null && !this.#runner.ended ? this.#runner : null;
  }

  /** Number of processes that were started after an earlier process had ended. */
  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  /**
   * Whether a restart is in progress: the last process has ended, and the next process has not loaded the model yet. If
   * no job waits for the model and the next process may start immediately, this is false.
   */
  get isRestarting(): boolean {
    const hasEnded = this.restarts > 0 || this.#runner?.ended === true;
    if (!hasEnded || this.#runner?.isLoaded === true) return false;
    return this.#waiting > 0 || this.#policy.isBackingOff;
  }

  get hasProcess(): boolean {
    return this.#processes.size > 0;
  }

  /**
   * Memory in bytes of all processes that have not exited. For each process, at least the size of the model's files is
   * counted.
   */
  get memoryBytes(): number {
    const { fileBytes } = this.#options;
    const bytes = [...this.#processes].map((one) => Math.max(one.residentBytes, fileBytes));
    return bytes.reduce((sum, one) => sum + one, 0);
  }

  /** Time in milliseconds until the next runner may start. */
  get waitMs(): number {
    return this.#policy.waitMs;
  }

  /** Throws AsrError when the next runner may not start yet. */
  refuseWhileBackingOff(): void {
    this.#policy.refuseWhileBackingOff();
  }

  /**
   * Returns a runner that has loaded the model. If the runner dies while it loads the model, starts one more runner.
   */
  async loaded(signal: AbortSignal): Promise<Runner> {
    this.#waiting++;
    try {
      for (let attempts = 1; ; attempts++) {
        const runner = await this.#started(signal);
        try {
          await unlessAborted(runner.ready, signal);
          return runner;
        } catch (error) {
          if (!(error instanceof RunnerDied)) throw error;
          if (attempts === 2 || exceededLimit(error)) throw error.toLoadError();
        }
      }
    } finally {
      this.#waiting--;
    }
  }

  /**
   * Call this when the runner has finished a job, with a transcript or with an error. Resets the waiting time before
   * the next start.
   */
  jobFinished(): void {
    this.#policy.jobFinished();
  }

  /**
   * Kills the process. Its jobs fail with `reason`. Resolves when this process and all earlier processes of the model
   * have exited.
   */
  async close(reason: AsrError): Promise<void> {
    const exited = [...this.#processes].map((process) => process.exited);
    await Promise.all([this.#runner?.close(reason), ...exited]);
  }

  async #started(signal: AbortSignal): Promise<Runner> {
    while (this.#runner === null || this.#runner.ended) {
      if (signal.aborted) throw abortError(signal);
      const pause = this.#pauseBeforeStart();
      if (pause === null) this.#runner = this.#start();
      else await unlessAborted(pause, signal);
    }
    return this.#runner;
  }

  /**
   * Returns a promise that resolves when the next runner may start. Null when it may start now. The next runner waits
   * until the previous process has exited, but at most `endMsMax` milliseconds. It waits because there is rarely enough
   * memory for two processes.
   */
  #pauseBeforeStart(): Promise<unknown> | null {
    const last = this.#runner;
    if (last !== null && this.#processes.has(last)) {
      const endMs = this.#options.endMsMax - last.endedMs;
      if (endMs > 0) return Promise.race([last.exited, Bun.sleep(endMs)]);
    }
    this.#policy.refuseRejectedFiles();
    const { waitMs } = this.#policy;
    return waitMs > 0 ? Bun.sleep(waitMs) : this.#options.room();
  }

  #start(): Runner {
    const { name, start, fileVersion, log } = this.#options;
    const version = fileVersion();
    const runner = start();
    this.#processes.add(runner);
    if (++this.#starts > 1) log.info("runner replaced", { model: name, restarts: this.restarts });
    runner.ready.catch((error: unknown) => {
      if (error instanceof LoadRejected) this.#policy.loadRejected(error, version);
    });
    void runner.death.then((death) => {
      if (death !== null) this.#policy.died();
    });
    void runner.exited.then(() => this.#processes.delete(runner));
    return runner;
  }
}

// --- internal ---

/**
 * Returns whether the runner died because it exceeded a limit of memory or time while it loaded the model. The load is
 * then not repeated, because it would exceed the limit again.
 */
function exceededLimit({ death }: RunnerDied): boolean {
  return death.kind === "memory" || death.kind === "load-timeout";
}
