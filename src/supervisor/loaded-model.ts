/** A model that is loaded when it is needed: its runner, the next one when that dies, and who may work on it when. */
import { abortError, unlessAborted } from "../platform/abort.ts";
import { BackOff } from "./back-off.ts";
import { type AsrError, retryLater } from "../errors.ts";
import type { Job, RunnerEntry } from "../jobs/job.ts";
import type { Log } from "../log.ts";
import { RunnerDied } from "./death.ts";
import { Delivery } from "./delivery.ts";
import type { Runner } from "./runner-process.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { Turns } from "./quarantine.ts";

export interface LoadedModelOptions {
  readonly name: string;
  readonly backend: string;
  /** Most chunks of a job that its runner has in hand. */
  readonly chunksAtOnce: number;
  /** What the files of the model take. */
  readonly fileBytes: number;
  /** How long a process that was ended may take to be gone before the next one starts beside it. */
  readonly endMsMax: number;
  /** Starts a process that loads the model. */
  readonly start: () => Runner;
  readonly log: Log;
}

/** A job that had no part in any of so many deaths is unlucky; its client may try again. */
const deathsMax = 5;

export class LoadedModel {
  readonly #options: LoadedModelOptions;
  readonly #turns = new Turns();
  readonly #backOff = new BackOff();
  /** The last that was started. */
  #runner: Runner | null = null;
  /** Those that are not gone yet: seldom more than one. */
  readonly #processes = new Set<Runner>();
  #starts = 0;
  /** Ends whatever waits, with what it is to hear. */
  readonly #closed = new AbortController();

  constructor(options: LoadedModelOptions) {
    this.#options = options;
  }

  /** Throws AsrError `runner_restarting` while the next runner is put off. */
  refuseWhileBackingOff(): void {
    const { remainingMs } = this.#backOff;
    if (remainingMs === 0) return;
    throw retryLater(
      "runner_restarting",
      `Cannot take the request: the process of model "${this.#options.name}" ended several times ` +
        "in a row, and the next one starts after a pause",
      remainingMs / 1000,
    );
  }

  /** A client may come back; files of a command line have but this one try, and wait. */
  async transcribe(job: Job): Promise<Transcript> {
    if (job.origin === "client") this.refuseWhileBackingOff();
    return this.#runUntilDone(job, AbortSignal.any([job.signal, this.#closed.signal]));
  }

  async load(): Promise<void> {
    await this.#liveRunner(this.#closed.signal);
  }

  /** What its process has in memory, until it is gone, and will have once it is loaded; 0 while there is none. */
  get memoryBytes(): number {
    const { fileBytes } = this.#options;
    const bytes = [...this.#processes].map((one) => Math.max(one.residentBytes, fileBytes));
    return bytes.reduce((sum, one) => sum + one, 0);
  }

  entry(): RunnerEntry {
    const alive = this.#aliveRunner;
    return {
      model: this.#options.name,
      backend: this.#options.backend,
      pid: alive?.pid ?? null,
      residentBytes: alive?.residentBytes ?? 0,
      jobs: alive?.jobs ?? 0,
      restarts: Math.max(0, this.#starts - 1),
    };
  }

  /** Ends the runner; what works on it fails with `reason`, and so does whatever comes later. */
  async close(reason: AsrError): Promise<void> {
    this.#closed.abort(reason);
    await this.#runner?.close(reason);
  }

  get #aliveRunner(): Runner | null {
    return this.#runner !== null && !this.#runner.ended ? this.#runner : null;
  }

  /**
   * A runner that dies takes all of its jobs with it, and nobody knows whose fault it was. So each goes on alone, until
   * it is past what was at work then: who kills the next runner too is told so, the others never notice.
   */
  async #runUntilDone(job: Job, signal: AbortSignal): Promise<Transcript> {
    const delivery = new Delivery(job);
    let isSuspect = false;
    for (let deaths = 1; ; deaths++) {
      try {
        if (isSuspect) {
          const transcript = await this.#turns.alone(signal, () =>
            this.#runAlone(delivery, signal),
          );
          if (transcript !== null) return transcript;
          isSuspect = false;
        }
        return await this.#turns.shared(signal, () => this.#run(delivery, signal));
      } catch (error) {
        if (!(error instanceof RunnerDied)) throw error;
        if (signal.aborted) throw abortError(signal);
        if (isSuspect) throw error.toError();
        if (deaths === deathsMax) throw this.#unlucky(deaths);
        isSuspect = true;
      }
    }
  }

  #unlucky(deaths: number): AsrError {
    return retryLater(
      "runner_restarting",
      `Cannot transcribe the file now: the process of model "${this.#options.name}" ended ${deaths} ` +
        "times while it worked on this file beside others",
      this.#backOff.remainingMs / 1000,
    );
  }

  /** Null when it is beyond suspicion: it may go on beside others. */
  async #runAlone(delivery: Delivery, signal: AbortSignal): Promise<Transcript | null> {
    const beyond = new AbortController();
    delivery.onceBeyond(this.#options.chunksAtOnce, () => beyond.abort());
    try {
      return await this.#run(delivery, AbortSignal.any([signal, beyond.signal]));
    } catch (error) {
      if (beyond.signal.aborted && !signal.aborted) return null;
      throw error;
    }
  }

  async #run(delivery: Delivery, signal: AbortSignal): Promise<Transcript> {
    const runner = await this.#liveRunner(signal);
    try {
      return await runner.transcribe(delivery, signal);
    } finally {
      // An orderly failure is as good as a transcript here.
      if (!runner.ended) this.#backOff.worked();
    }
  }

  /** A runner with the model in it; one that dies while it loads gets a second try. */
  async #liveRunner(signal: AbortSignal): Promise<Runner> {
    for (let tries = 1; ; tries++) {
      const runner = await this.#startedRunner(signal);
      try {
        await unlessAborted(runner.ready, signal);
        return runner;
      } catch (error) {
        if (!(error instanceof RunnerDied)) throw error;
        if (tries === 2 || error.death.kind === "memory") throw error.toLoadError();
      }
    }
  }

  async #startedRunner(signal: AbortSignal): Promise<Runner> {
    while (this.#runner === null || this.#runner.ended) {
      if (signal.aborted) throw abortError(signal);
      const pause = this.#pauseBeforeStart();
      if (pause === null) this.#runner = this.#start();
      else await unlessAborted(pause, signal);
    }
    return this.#runner;
  }

  /** Null when the next runner may start: there is not always memory for two, and one that keeps dying is left alone. */
  #pauseBeforeStart(): Promise<unknown> | null {
    const last = this.#runner;
    if (last !== null && this.#processes.has(last)) {
      const endMs = this.#options.endMsMax - last.endedMs;
      if (endMs > 0) return Promise.race([last.exited, Bun.sleep(endMs)]);
    }
    const { remainingMs } = this.#backOff;
    return remainingMs > 0 ? Bun.sleep(remainingMs) : null;
  }

  #start(): Runner {
    const { name, start, log } = this.#options;
    const runner = start();
    this.#processes.add(runner);
    if (++this.#starts > 1)
      log.info("runner replaced", { model: name, restarts: this.#starts - 1 });
    void runner.exited.then((death) => {
      this.#processes.delete(runner);
      if (death !== null) this.#backOff.failed();
    });
    return runner;
  }
}
