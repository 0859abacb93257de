/** A runner as the server sees it: one child process that loads one model, then works on jobs until it ends. */
import type { AsrError } from "../errors.ts";
import { fromFailure } from "../ipc/failure.ts";
import type { Failure, FromRunner, LoadMessage, ToRunner } from "../ipc/protocol.ts";
import type { Log } from "../log.ts";
import { abortError, unlessAborted } from "../platform/abort.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { type Death, RunnerDied } from "./death.ts";
import type { Delivery } from "./delivery.ts";
import { JobsInFlight } from "./jobs-in-flight.ts";
import { completeOptions, type OptionDefaults, supportedDefaults } from "./option-defaults.ts";
import { LoadRejected } from "./load-rejected.ts";
import { RunnerProcess, type RunnerProgram } from "./runner-process.ts";
import { type RunnerLimits, Watchdog } from "./watchdog.ts";

export interface RunnerOptions extends RunnerProgram {
  readonly load: LoadMessage;
  readonly limits: RunnerLimits;
  readonly defaults: OptionDefaults;
  readonly log: Log;
}

export class Runner {
  /** Resolves when the model is loaded; rejects with LoadRejected, RunnerDied, or the reason given to `close`. */
  readonly ready: Promise<void>;
  /** Resolves when it takes no more jobs: to the cause of its death, null when it was closed or rejected its model. */
  readonly death: Promise<Death | null>;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  readonly #options: RunnerOptions;
  readonly #process: RunnerProcess;
  readonly #watchdog: Watchdog;
  readonly #jobs = new JobsInFlight();
  readonly #settleReady = Promise.withResolvers<void>();
  readonly #settleDeath = Promise.withResolvers<Death | null>();
  readonly #settleExited = Promise.withResolvers<void>();
  #isLoaded = false;
  #chunksInFlight = 0;
  /** The defaults that the loaded model supports. */
  #defaults: OptionDefaults = { language: null, prompt: null };
  #residentBytes = 0;
  /** Why the runner ends or ended. A killed process ends only some time later. */
  #endReason: AsrError | RunnerDied | null = null;
  #endMs = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.ready = this.#settleReady.promise;
    // The jobs that wait for the model report the failure; without any there is nothing to report.
    this.ready.catch(() => {});
    this.death = this.#settleDeath.promise;
    this.exited = this.#settleExited.promise;
    this.#process = new RunnerProcess(options, {
      onMessage: (message) => this.#receive(message),
      onMalformed: () => this.#die({ kind: "malformed-message" }),
      onExit: (death) => this.#onExit(death),
    });
    this.#watchdog = new Watchdog(options.limits, {
      ping: () => this.#send({ type: "ping" }),
      kill: (death) => this.#die(death),
    });
    this.#send(options.load);
  }

  /** Whether it takes no more jobs: its process has ended or is being killed. */
  get ended(): boolean {
    return this.#endReason !== null;
  }

  /** Time since it ended; 0 before. */
  get endedMs(): number {
    return this.ended ? performance.now() - this.#endMs : 0;
  }

  /** Whether it can work on jobs. */
  get isLoaded(): boolean {
    return this.#isLoaded && !this.ended;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Memory of the process as it reported last. */
  get residentBytes(): number {
    return this.#residentBytes;
  }

  get jobs(): number {
    return this.#jobs.size;
  }

  /** Cancels the job when `signal` is aborted. Throws RunnerDied when the runner ends before the job does. */
  async transcribe(delivery: Delivery, signal: AbortSignal): Promise<Transcript> {
    const { audioPath } = delivery.job;
    await unlessAborted(this.ready, signal);
    if (signal.aborted) throw abortError(signal);
    if (this.#endReason !== null) throw this.#endReason;
    const options = completeOptions(delivery.job, this.#defaults);
    const { id, transcript } = this.#jobs.add(delivery);
    this.#send({
      type: "transcribe",
      job: id,
      audioPath,
      from: delivery.checkpoint,
      options: { ...options, keywords: [...options.keywords] },
    });

    let cancelTimer: Timer | undefined;
    const cancel = (): void => {
      this.#send({ type: "cancel", job: id });
      cancelTimer = this.#watchdog.cancelled();
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await transcript;
    } catch (error) {
      throw signal.aborted ? abortError(signal) : error;
    } finally {
      signal.removeEventListener("abort", cancel);
      clearTimeout(cancelTimer);
    }
  }

  /** Kills the process; its jobs fail with `reason`. */
  async close(reason: AsrError): Promise<void> {
    this.#kill(reason);
    await this.exited;
  }

  #send(message: ToRunner): void {
    if (!this.ended) this.#process.send(message);
  }

  #die(death: Death): void {
    this.#kill(this.#died(death));
  }

  #kill(reason: AsrError | RunnerDied): void {
    this.#end(reason);
    this.#process.kill();
  }

  /**
   * Rejects the jobs at once, before the process has ended. A large process takes seconds to end, and jobs that
   * arrive meanwhile must come after the rejected jobs, which start again.
   */
  #end(reason: AsrError | RunnerDied): void {
    if (this.#endReason !== null) return;
    this.#endReason = reason;
    this.#endMs = performance.now();
    this.#watchdog.stop();
    this.#settleDeath.resolve(reason instanceof RunnerDied ? reason.death : null);
    this.#settleReady.reject(reason);
    this.#jobs.rejectAll(reason);
  }

  #receive(message: FromRunner): void {
    if (this.ended) return;
    switch (message.type) {
      case "ready":
        this.#loaded(message);
        break;
      case "load-failed":
        this.#kill(this.#loadRejected(message.failure));
        break;
      case "pong":
        this.#watchdog.pingAnswered();
        break;
      case "memory":
        this.#residentBytes = message.residentBytes;
        this.#watchdog.memory(message.residentBytes);
        break;
      default:
        this.#jobs.receive(message);
    }
  }

  #loaded({
    description,
    capabilities,
    chunksInFlight,
  }: Extract<FromRunner, { type: "ready" }>): void {
    this.#isLoaded = true;
    this.#chunksInFlight = chunksInFlight;
    this.#watchdog.loaded();
    const { name, log, defaults } = this.#options;
    log.debug("model loaded", { model: name, engine: description });
    const { supported, ignored } = supportedDefaults(defaults, capabilities);
    this.#defaults = supported;
    if (ignored.length > 0) {
      log.warn("the model does not support a default of the operator, and ignores it", {
        model: name,
        ignored: ignored.join(", "),
      });
    }
    this.#settleReady.resolve();
  }

  #loadRejected(failure: Failure): LoadRejected {
    const { code, message, operatorMessage } = fromFailure(failure);
    const what = `Cannot load model "${this.#options.name}"`;
    const forOperator = { operatorMessage: `${what}: ${operatorMessage}` };
    return new LoadRejected(code, `${what}: ${message}`, forOperator);
  }

  #onExit(death: Death): void {
    this.#end(this.#died(death));
    this.#settleExited.resolve();
    const reason = this.#endReason;
    if (!(reason instanceof RunnerDied)) return;
    const { name, log } = this.#options;
    log.error("runner ended", { model: name, why: reason.message, stderr: this.#process.stderr });
  }

  #died(death: Death): RunnerDied {
    return new RunnerDied(this.#options.name, death, this.#chunksInFlight);
  }
}
