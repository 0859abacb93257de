/** Runs the jobs of one model in the model's runner. When the runner dies, its jobs continue in the next runner. */
import { type AsrError, retryLater } from "../errors.ts";
import { requireCapabilities } from "../ipc/capabilities.ts";
import type { RunnerEntry } from "../jobs/job.ts";
import { abortError } from "../platform/abort.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { RunnerDied } from "./death.ts";
import type { Delivery } from "./delivery.ts";
import type { ModelUse } from "./residency.ts";
import { Quarantine } from "./quarantine.ts";
import { RestartingRunner, type RestartingRunnerOptions } from "./restarting-runner.ts";

export interface LoadedModelOptions extends RestartingRunnerOptions {
  readonly backend: string;
  /** Called when no job runs or waits any more and no call of `load` is running. */
  readonly onIdle?: () => void;
}

/**
 * Number of runner deaths after which a job fails, even if the job may not be the cause. The runners died while other
 * jobs were also running. The client may retry after this error.
 */
const deathsMax = 5;

export class LoadedModel {
  readonly #options: LoadedModelOptions;
  readonly #runner: RestartingRunner;
  readonly #quarantine = new Quarantine();
  /** Aborted by `close`. The abort reason is the error for all running, waiting and later jobs. */
  readonly #closed = new AbortController();
  /** Number of jobs that run or wait for the runner, plus the number of calls of `load` that are not finished. */
  #uses = 0;
  #idleSinceMs = performance.now();
  #keepAliveS: number | null = null;

  constructor(options: LoadedModelOptions) {
    this.#options = options;
    this.#runner = new RestartingRunner(options);
  }

  /** Throws AsrError when the next runner may not start yet. */
  refuseWhileBackingOff(): void {
    this.#runner.refuseWhileBackingOff();
  }

  /**
   * Runs a job. While the next runner may not start, a job from a client fails, because the client can retry. A job
   * from the command line waits.
   */
  async run(delivery: Delivery, signal: AbortSignal): Promise<Transcript> {
    const { model, options, origin, keepAliveS } = delivery.job;
    if (model.capabilities !== null) requireCapabilities(options, model.capabilities, model.id);
    if (origin === "client") this.refuseWhileBackingOff();
    this.#uses++;
    try {
      return await this.#runUntilDone(delivery, AbortSignal.any([signal, this.#closed.signal]));
    } finally {
      this.#used(keepAliveS);
    }
  }

  async load(): Promise<void> {
    this.#uses++;
    try {
      await this.#runner.loaded(this.#closed.signal);
    } finally {
      this.#used(null);
    }
  }

  /** Facts about the use of the model. They determine which models are unloaded. */
  get use(): ModelUse {
    return {
      uses: this.#uses,
      idleS: this.#uses > 0 ? 0 : (performance.now() - this.#idleSinceMs) / 1000,
      keepAliveS: this.#keepAliveS,
      hasProcess: this.#runner.hasProcess,
      memoryBytes: this.memoryBytes,
    };
  }

  /** Memory in bytes of all runner processes of this model that have not exited. 0 when there are none. */
  get memoryBytes(): number {
    return this.#runner.memoryBytes;
  }

  entry(): RunnerEntry {
    const { alive, restarts, isRestarting } = this.#runner;
    return {
      model: this.#options.name,
      backend: this.#options.backend,
      pid: alive?.pid ?? null,
      engine: alive?.engine ?? null,
      gpuFailed: alive?.gpuFailed ?? false,
      residentBytes: alive?.residentBytes ?? 0,
      jobs: alive?.jobs ?? 0,
      restarts,
      isRestarting,
    };
  }

  /** Kills the runner. Its jobs and all later jobs fail with `reason`. */
  async close(reason: AsrError): Promise<void> {
    this.#closed.abort(reason);
    await this.#runner.close(reason);
  }

  #used(keepAliveS: number | null): void {
    this.#uses--;
    this.#idleSinceMs = performance.now();
    this.#keepAliveS = keepAliveS;
    if (this.#uses === 0) this.#options.onIdle?.();
  }

  /**
   * When a runner dies, all its jobs are interrupted, and each of them may be the cause. Therefore each of these jobs
   * is quarantined: it runs alone until it has passed the chunks that the dead runner was processing. After that, it
   * runs together with other jobs again. If the runner of a quarantined job dies, this job is the cause and fails. The
   * other jobs then finish normally.
   */
  async #runUntilDone(delivery: Delivery, signal: AbortSignal): Promise<Transcript> {
    let chunksInFlight = 0;
    for (let deaths = 1; ; deaths++) {
      try {
        if (chunksInFlight > 0) {
          const transcript = await this.#quarantine.alone(signal, () =>
            this.#runQuarantined(delivery, chunksInFlight, signal),
          );
          if (transcript !== null) return transcript;
          chunksInFlight = 0;
        }
        return await this.#quarantine.together(signal, () => this.#run(delivery, signal));
      } catch (error) {
        if (!(error instanceof RunnerDied)) throw error;
        if (signal.aborted) throw abortError(signal);
        if (chunksInFlight > 0) throw error.toError();
        if (deaths === deathsMax) throw this.#tooManyDeaths(deaths);
        ({ chunksInFlight } = error);
      }
    }
  }

  #tooManyDeaths(deaths: number): AsrError {
    return retryLater(
      "runner_restarting",
      `Cannot transcribe the file now: the process of model "${this.#options.name}" ended ${deaths} ` +
        "times while it transcribed this file together with other files",
      this.#runner.waitMs / 1000,
    );
  }

  /**
   * Runs a quarantined job. Returns null when the job leaves the quarantine. It leaves the quarantine when it has
   * passed the chunks that the dead runner was processing.
   */
  async #runQuarantined(
    delivery: Delivery,
    chunksInFlight: number,
    signal: AbortSignal,
  ): Promise<Transcript | null> {
    const released = new AbortController();
    delivery.afterChunks(chunksInFlight, () => released.abort());
    try {
      return await this.#run(delivery, AbortSignal.any([signal, released.signal]));
    } catch (error) {
      if (released.signal.aborted && !signal.aborted) return null;
      throw error;
    }
  }

  async #run(delivery: Delivery, signal: AbortSignal): Promise<Transcript> {
    const runner = await this.#runner.loaded(signal);
    try {
      return await runner.transcribe(delivery, signal);
    } finally {
      if (!runner.ended) this.#runner.jobFinished();
    }
  }
}
