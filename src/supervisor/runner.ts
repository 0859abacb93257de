/**
 * Controls a runner from the server. A runner is a child process that loads one model and works on jobs until it ends.
 */
import type { AsrError } from "../errors.ts";
import type { CalibrationResult } from "../ipc/calibration.ts";
import { fromFailure } from "../ipc/failure.ts";
import type { Failure, FromRunner, LoadMessage, ToRunner } from "../ipc/protocol.ts";
import type { Log } from "../log.ts";
import { abortError, unlessAborted } from "../platform/abort.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { clientTag } from "./client-tag.ts";
import { lastLine } from "./crash-report.ts";
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
  /** Called when the runner has measured how many lanes the model needs. From then on, it uses only these. */
  readonly onCalibrated?: (result: CalibrationResult) => void;
  readonly log: Log;
}

export class Runner {
  /** Resolves when the model is loaded. Rejects with LoadRejected, RunnerDied, or the argument of `close`. */
  readonly ready: Promise<void>;
  /**
   * Resolves when the runner accepts no more jobs. If the runner died, the value is the cause of its death. The value
   * is null after `close`, and after the runner has rejected the model.
   */
  readonly death: Promise<Death | null>;
  /** Resolves when the process has exited. */
  readonly exited: Promise<void>;
  readonly #options: RunnerOptions;
  readonly #process: RunnerProcess;
  readonly #watchdog: Watchdog;
  readonly #jobs = new JobsInFlight();
  readonly #settleReady = Promise.withResolvers<void>();
  readonly #settleDeath = Promise.withResolvers<Death | null>();
  readonly #settleExited = Promise.withResolvers<void>();
  #isLoaded = false;
  #engine: string | null = null;
  #gpuFailed = false;
  #chunksInFlight = 0;
  /** The operator's default options. Contains only options that the loaded model supports. */
  #defaults: OptionDefaults = { language: null, prompt: null };
  #residentBytes = 0;
  /**
   * Error that describes why the runner ended. Null until the runner ends. If the process is killed, the error is set
   * immediately, before the process has exited.
   */
  #endReason: AsrError | RunnerDied | null = null;
  #endMs = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.ready = this.#settleReady.promise;
    // Prevents an unhandled rejection. If a job waits for the model, the job reports the error. If no job waits, nobody
    // needs the error.
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

  /** Whether the runner accepts no more jobs, because its process has exited or was killed. */
  get ended(): boolean {
    return this.#endReason !== null;
  }

  /** Milliseconds since the runner ended. 0 while it has not ended. */
  get endedMs(): number {
    return this.ended ? performance.now() - this.#endMs : 0;
  }

  /** Whether the runner has loaded its model and accepts jobs. */
  get isLoaded(): boolean {
    return this.#isLoaded && !this.ended;
  }

  /** Whether the model runs on the CPU because the GPU does not work. */
  get gpuFailed(): boolean {
    return this.#gpuFailed;
  }

  /** Name, version and build options of the engine. Null until the model is loaded. */
  get engine(): string | null {
    return this.#engine;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Memory of the process in bytes, from the last report of the process. */
  get residentBytes(): number {
    return this.#residentBytes;
  }

  get jobs(): number {
    return this.#jobs.size;
  }

  /** Runs a job. Cancels the job when `signal` is aborted. If the runner ends during the job, throws RunnerDied. */
  async transcribe(delivery: Delivery, signal: AbortSignal): Promise<Transcript> {
    const { audioPath, client, deadlineMs = null } = delivery.job;
    await unlessAborted(this.ready, signal);
    if (signal.aborted) throw abortError(signal);
    if (this.#endReason !== null) throw this.#endReason;
    const options = completeOptions(delivery.job, this.#defaults);
    const { id, transcript } = this.#jobs.add(delivery);
    delivery.handedOver();
    this.#send({
      type: "transcribe",
      job: id,
      audioPath,
      from: delivery.checkpoint,
      client: client === undefined ? null : clientTag(client),
      deadlineMs,
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

  /** Kills the process. Its jobs fail with `reason`. */
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
   * Rejects the jobs immediately. A large process needs seconds to exit, and other jobs may arrive during these
   * seconds. The rejected jobs must start again before these other jobs.
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
      case "calibrated":
        this.#options.onCalibrated?.({ lanes: message.lanes, rates: message.rates });
        break;
      default:
        this.#jobs.receive(message);
    }
  }

  #loaded({
    description,
    gpuFailure,
    capabilities,
    chunksInFlight,
  }: Extract<FromRunner, { type: "ready" }>): void {
    this.#isLoaded = true;
    this.#engine = description;
    this.#gpuFailed = gpuFailure !== null;
    this.#chunksInFlight = chunksInFlight;
    this.#watchdog.loaded();
    const { name, log, defaults } = this.#options;
    log.debug("model loaded", { model: name, engine: description });
    if (gpuFailure !== null) {
      log.warn(
        "the GPU does not work, so the model runs on the CPU; OPEN_ASR_DEVICE=cpu skips the GPU",
        {
          model: name,
          why: gpuFailure,
        },
      );
    }
    const { supported, ignored } = supportedDefaults(defaults, capabilities);
    this.#defaults = supported;
    if (ignored.length > 0) {
      log.info("the model does not support a default of the operator, and ignores it", {
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
    const { stderr } = this.#process;
    log.debug("standard error of the runner that ended", { model: name, stderr });
    log.error("runner ended", { model: name, why: reason.message, stderr: lastLine(stderr) });
  }

  #died(death: Death): RunnerDied {
    return new RunnerDied(this.#options.name, death, this.#chunksInFlight);
  }
}
