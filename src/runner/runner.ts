/** The parent's side of a runner: one child process that holds one loaded model. */
import { Value } from "@sinclair/typebox/value";
import type { Subprocess } from "bun";
import { AsrError } from "../errors.ts";
import type { Job } from "../job.ts";
import type { Log } from "../log.ts";
import type { Segment, Transcript, Word } from "../transcript.ts";
import { fromFailure } from "./failure.ts";
import { type FromRunner, fromRunner, type LoadMessage, type ToRunner } from "./protocol.ts";
import { keepTail } from "./stderr-tail.ts";

/** How long a cancelled job may go on before its runner is killed. */
const cancelGraceMs = 10_000;

interface RunningJob {
  readonly job: Job;
  readonly segments: Segment[];
  readonly words: Word[];
  readonly resolve: (transcript: Transcript) => void;
  readonly reject: (error: AsrError) => void;
}

export class Runner {
  /** Resolves once the model is loaded; rejects with the child's own words. */
  readonly ready: Promise<void>;
  /** Resolves once the process is gone. */
  readonly exited: Promise<void>;
  readonly #child: Subprocess<"ignore", "ignore", "pipe">;
  readonly #log: Log;
  readonly #name: string;
  readonly #jobs = new Map<number, RunningJob>();
  readonly #stderr: () => string;
  #settleReady: { readonly resolve: () => void; readonly reject: (error: AsrError) => void };
  #lastJob = 0;
  #ended = false;
  #closing = false;

  constructor(name: string, load: LoadMessage, log: Log) {
    this.#name = name;
    this.#log = log;
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    // Whoever asked for the model hears of the failure; nobody else need handle it.
    this.ready.catch(() => {});
    this.#settleReady = ready;
    const exited = Promise.withResolvers<void>();
    this.exited = exited.promise;
    this.#child = Bun.spawn({
      cmd: selfCommand(),
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      serialization: "json",
      ipc: (message: unknown) => this.#receive(message),
      onExit: (_child, code, signal) => {
        this.#onExit(code, signal);
        exited.resolve();
      },
    });
    this.#stderr = keepTail(this.#child.stderr);
    this.#send(load);
  }

  /** Whether its process has ended: it takes no more jobs. */
  get ended(): boolean {
    return this.#ended;
  }

  async transcribe(job: Job): Promise<Transcript> {
    await this.ready;
    if (job.signal.aborted) throw new AsrError("client_closed_request", "Cancelled");
    if (this.#ended) throw this.#crashed(null, null);
    const id = ++this.#lastJob;
    const { promise, resolve, reject } = Promise.withResolvers<Transcript>();
    this.#jobs.set(id, { job, segments: [], words: [], resolve, reject });
    const { audioPath, options } = job;
    this.#send({
      type: "transcribe",
      job: id,
      audioPath,
      options: { ...options, keywords: [...options.keywords] },
    });

    let grace: Timer | undefined;
    const cancel = (): void => {
      this.#send({ type: "cancel", job: id });
      grace = setTimeout(() => this.#child.kill("SIGKILL"), cancelGraceMs);
    };
    job.signal.addEventListener("abort", cancel, { once: true });
    try {
      return await promise;
    } finally {
      job.signal.removeEventListener("abort", cancel);
      clearTimeout(grace);
    }
  }

  /** Ends the process at once; its jobs fail. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  #send(message: ToRunner): void {
    if (!this.#ended) this.#child.send(message);
  }

  #receive(message: unknown): void {
    if (!Value.Check(fromRunner, message)) {
      this.#log.error("runner sent a message this version does not know", { model: this.#name });
      this.#child.kill("SIGKILL");
      return;
    }
    if (message.type === "ready") {
      this.#log.debug("model loaded", { model: this.#name, engine: message.description });
      this.#settleReady.resolve();
    } else if (message.type === "load-failed") {
      this.#closing = true;
      this.#settleReady.reject(fromFailure(message.failure));
      this.#child.kill("SIGKILL");
    } else {
      this.#receiveOfJob(message);
    }
  }

  #receiveOfJob(message: Extract<FromRunner, { job: number }>): void {
    const running = this.#jobs.get(message.job);
    if (running === undefined) return;
    const { job, segments, words } = running;
    switch (message.type) {
      case "progress":
        job.onProgress?.({ doneS: message.doneS, totalS: message.totalS });
        break;
      case "segments":
        segments.push(...message.segments);
        words.push(...message.words);
        for (const segment of message.segments) job.onSegment?.(segment);
        break;
      case "done": {
        this.#jobs.delete(message.job);
        const { language, durationS } = message;
        const text = segments
          .map((segment) => segment.text)
          .join("")
          .trim();
        running.resolve({
          text,
          language,
          durationS,
          segments,
          words: job.options.words ? words : null,
        });
        break;
      }
      case "failed":
        this.#jobs.delete(message.job);
        running.reject(fromFailure(message.failure));
        break;
    }
  }

  #onExit(code: number | null, signal: number | string | null): void {
    this.#ended = true;
    const crash = this.#crashed(code, signal);
    if (!this.#closing) {
      this.#log.error("runner ended", { model: this.#name, code, signal, stderr: this.#stderr() });
    }
    this.#settleReady.reject(
      new AsrError("model_load_failed", `Cannot load model "${this.#name}": ${crash.message}`),
    );
    for (const { reject } of this.#jobs.values()) reject(crash);
    this.#jobs.clear();
  }

  #crashed(code: number | null, signal: number | string | null): AsrError {
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    return new AsrError(
      "runner_crashed",
      `The process of model "${this.#name}" ended (${how}) while it worked on this request; a new one takes its place`,
    );
  }
}

// --- internal ---

/** This program once more, as a runner. */
function selfCommand(): string[] {
  const compiled = Bun.main.startsWith("/$bunfs/") || Bun.main.startsWith("B:\\~BUN\\");
  const main = Bun.fileURLToPath(new URL("../main.ts", import.meta.url));
  return compiled ? [process.execPath, "runner"] : [process.execPath, main, "runner"];
}
