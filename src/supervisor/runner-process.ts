/** The parent's side of a runner: one child process that holds one loaded model. */
import { existsSync } from "node:fs";
import { Value } from "@sinclair/typebox/value";
import type { Subprocess } from "bun";
import { abortError, unlessAborted } from "../platform/abort.ts";
import { runnerEnvironment } from "../settings/config.ts";
import { AsrError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { type Death, RunnerDied } from "./death.ts";
import type { Delivery } from "./delivery.ts";
import { fromFailure } from "../ipc/failure.ts";
import {
  channelClosedCode,
  type FromRunner,
  fromRunner,
  type LoadMessage,
  type ToRunner,
} from "../ipc/protocol.ts";
import { keepTail } from "./stderr-tail.ts";

export interface RunnerLimits {
  /** Most that the process may have in memory. */
  readonly memoryBytesMax: number;
  /** How long it may take until its model is loaded. */
  readonly loadMsMax: number;
  /** How long a cancelled job may go on. */
  readonly cancelMsMax: number;
}

export interface RunnerOptions {
  /** The model's name in words for people. */
  readonly name: string;
  readonly load: LoadMessage;
  readonly limits: RunnerLimits;
  readonly log: Log;
  /** Variables that the process needs besides the operator's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The program to run; this one, as a runner, unless a test knows better. */
  readonly command?: readonly string[];
}

interface RunningJob {
  readonly delivery: Delivery;
  readonly resolve: (transcript: Transcript) => void;
  readonly reject: (error: Error) => void;
}

export class Runner {
  /** Resolves once the model is loaded; rejects with the child's own words, or RunnerDied. */
  readonly ready: Promise<void>;
  /** Resolves once the process is gone: to why, null when it was asked to. */
  readonly exited: Promise<Death | null>;
  readonly #options: RunnerOptions;
  readonly #child: Subprocess<"ignore", "ignore", "pipe">;
  readonly #jobs = new Map<number, RunningJob>();
  readonly #stderr: () => string;
  readonly #settleReady: PromiseWithResolvers<void>;
  readonly #settleExited: PromiseWithResolvers<Death | null>;
  readonly #loadTimer: Timer;
  #lastJob = 0;
  #connected = true;
  #residentBytes = 0;
  /** Why it ends; known before its process is gone, unless that went by itself. */
  #verdict: AsrError | Death | null = null;
  #endMs = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#settleReady = Promise.withResolvers();
    this.ready = this.#settleReady.promise;
    // Whoever asked for the model hears of the failure; nobody else need handle it.
    this.ready.catch(() => {});
    this.#settleExited = Promise.withResolvers();
    this.exited = this.#settleExited.promise;
    this.#child = this.#spawn();
    running.add(this.#child);
    this.#stderr = keepTail(this.#child.stderr);
    this.#loadTimer = setTimeout(() => this.#giveUpLoading(), options.limits.loadMsMax);
    this.#send(options.load);
  }

  /** Whether its process has ended, or is about to: it takes no more jobs. */
  get ended(): boolean {
    return this.#verdict !== null;
  }

  /** For how long it has been ending, or was gone; 0 before. */
  get endedMs(): number {
    return this.ended ? performance.now() - this.#endMs : 0;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** As it said last. */
  get residentBytes(): number {
    return this.#residentBytes;
  }

  get jobs(): number {
    return this.#jobs.size;
  }

  /** Stops when `signal` is aborted. Throws RunnerDied when the process ends under the job. */
  async transcribe(delivery: Delivery, signal: AbortSignal): Promise<Transcript> {
    const { audioPath, options } = delivery.job;
    await unlessAborted(this.ready, signal);
    if (signal.aborted) throw abortError(signal);
    if (this.#verdict !== null) throw this.#errorOf(this.#verdict);
    const id = ++this.#lastJob;
    const { promise, resolve, reject } = Promise.withResolvers<Transcript>();
    this.#jobs.set(id, { delivery, resolve, reject });
    this.#send({
      type: "transcribe",
      job: id,
      audioPath,
      from: delivery.checkpoint,
      options: { ...options, keywords: [...options.keywords] },
    });

    let grace: Timer | undefined;
    const cancel = (): void => {
      this.#send({ type: "cancel", job: id });
      const { cancelMsMax } = this.#options.limits;
      grace = setTimeout(() => this.#kill({ kind: "stuck", ms: cancelMsMax }), cancelMsMax);
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await promise;
    } catch (error) {
      throw signal.aborted ? abortError(signal) : error;
    } finally {
      signal.removeEventListener("abort", cancel);
      clearTimeout(grace);
    }
  }

  /** Ends the process at once; its jobs fail with `reason`. */
  async close(reason: AsrError): Promise<void> {
    this.#kill(reason);
    await this.exited;
  }

  #spawn(): Subprocess<"ignore", "ignore", "pipe"> {
    const { command = selfCommand(), environment = {}, name } = this.#options;
    try {
      return Bun.spawn({
        cmd: [...command],
        // What lists of processes show.
        argv0: process.execPath,
        env: runnerEnvironment(environment),
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
        serialization: "json",
        ipc: (message: unknown) => this.#receive(message),
        onDisconnect: () => this.#onDisconnect(),
        onExit: (_child, code, signal) => this.#onExit(code, signal),
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const words = `Cannot start a process for model "${name}"`;
      const operatorMessage = `${words}: ${reason}`;
      throw new AsrError("model_load_failed", words, { cause, operatorMessage });
    }
  }

  #send(message: ToRunner): void {
    if (this.ended || !this.#connected) return;
    try {
      this.#child.send(message);
    } catch {
      // Its channel closed this very moment. What becomes of its jobs is told when it has ended, which must come.
      this.#child.kill("SIGKILL");
    }
  }

  #kill(verdict: AsrError | Death): void {
    this.#end(verdict);
    this.#child.kill("SIGKILL");
  }

  /** Its jobs hear of it at once: until a large process is gone others come, and must find them waiting. */
  #end(verdict: AsrError | Death): void {
    if (this.#verdict !== null) return;
    this.#verdict = verdict;
    this.#endMs = performance.now();
    clearTimeout(this.#loadTimer);
    const error = this.#errorOf(verdict);
    this.#settleReady.reject(error);
    for (const { reject } of this.#jobs.values()) reject(error);
    this.#jobs.clear();
  }

  #giveUpLoading(): void {
    const { name, limits } = this.#options;
    const words =
      `Cannot load model "${name}": it took more than ${limits.loadMsMax / 1000} s ` +
      "(OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS)";
    this.#settleReady.reject(new AsrError("model_load_failed", words));
    this.#kill({ kind: "exit", how: "it took too long to load" });
  }

  /** Bun closes a channel on which it reads what is no message. */
  #onDisconnect(): void {
    this.#connected = false;
    setTimeout(() => this.#kill({ kind: "garbage" }), disconnectMs).unref();
  }

  #receive(message: unknown): void {
    if (!Value.Check(fromRunner, message)) {
      this.#kill({ kind: "garbage" });
      return;
    }
    if (this.ended) return;
    switch (message.type) {
      case "ready":
        clearTimeout(this.#loadTimer);
        this.#options.log.debug("model loaded", {
          model: this.#options.name,
          engine: message.description,
        });
        this.#settleReady.resolve();
        break;
      case "load-failed": {
        const { code, message: words, operatorMessage } = fromFailure(message.failure);
        const what = `Cannot load model "${this.#options.name}"`;
        const forOperator = { operatorMessage: `${what}: ${operatorMessage}` };
        this.#kill(new AsrError(code, `${what}: ${words}`, forOperator));
        break;
      }
      case "memory":
        this.#watchMemory(message.residentBytes);
        break;
      default:
        this.#receiveOfJob(message);
    }
  }

  #watchMemory(residentBytes: number): void {
    this.#residentBytes = residentBytes;
    const bytesMax = this.#options.limits.memoryBytesMax;
    if (residentBytes > bytesMax) this.#kill({ kind: "memory", bytesMax });
  }

  #receiveOfJob(message: Extract<FromRunner, { job: number }>): void {
    const running = this.#jobs.get(message.job);
    if (running === undefined) return;
    const { delivery } = running;
    switch (message.type) {
      case "started":
        delivery.job.onStart?.();
        break;
      case "progress":
        delivery.progress({ doneS: message.doneS, totalS: message.totalS });
        break;
      case "segments":
        delivery.chunk(message);
        break;
      case "done":
        this.#jobs.delete(message.job);
        delivery.work(message);
        running.resolve(delivery.finish(message.language, message.durationS));
        break;
      case "failed":
        this.#jobs.delete(message.job);
        delivery.work(message);
        running.reject(fromFailure(message.failure));
        break;
    }
  }

  #onExit(code: number | null, signal: number | string | null): void {
    const verdict = this.#verdict ?? toDeath(code, signal);
    this.#end(verdict);
    running.delete(this.#child);
    const error = this.#errorOf(verdict);
    const isDeath = error instanceof RunnerDied;
    if (isDeath) {
      const { name, log } = this.#options;
      log.error("runner ended", { model: name, why: error.message, stderr: this.#stderr() });
    }
    this.#settleExited.resolve(isDeath ? error.death : null);
  }

  #errorOf(verdict: AsrError | Death): AsrError | RunnerDied {
    return verdict instanceof AsrError ? verdict : new RunnerDied(this.#options.name, verdict);
  }
}

// --- internal ---

function toDeath(code: number | null, signal: number | string | null): Death {
  if (code === channelClosedCode) return { kind: "garbage" };
  return { kind: "exit", how: signal === null ? `exit code ${code}` : `signal ${signal}` };
}

/** Between the end of the channel and that of a process which died: what it died of is to be heard first. */
const disconnectMs = 1000;

/** No runner outlives this process, not even for the moment in which it would notice. */
const running = new Set<Subprocess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** This program once more, as a runner. */
function selfCommand(): string[] {
  const compiled = Bun.main.startsWith("/$bunfs/") || Bun.main.startsWith("B:\\~BUN\\");
  const main = Bun.fileURLToPath(new URL("../main.ts", import.meta.url));
  return compiled ? [selfPath(), "runner"] : [selfPath(), main, "runner"];
}

/** On Linux the program that runs, even when another lies in its place by now. */
function selfPath(): string {
  const self = "/proc/self/exe";
  return process.platform === "linux" && existsSync(self) ? self : process.execPath;
}
