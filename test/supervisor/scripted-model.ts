/** Creates a model whose runner is `scripted-runner.ts`, and jobs for this model. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../src/errors.ts";
import type { TranscribeOptions } from "../../src/ipc/options.ts";
import { type LoadMessage, protocolVersion } from "../../src/ipc/protocol.ts";
import type { JobEvent } from "../../src/jobs/events.ts";
import type { Job } from "../../src/jobs/job.ts";
import { createLog } from "../../src/log.ts";
import { modelCalled } from "../jobs/resolved-model.ts";
import { JobStream } from "../../src/supervisor/job-stream.ts";
import { LoadedModel } from "../../src/supervisor/loaded-model.ts";
import { Runner, type RunnerOptions } from "../../src/supervisor/runner.ts";
import type { RunnerLimits } from "../../src/supervisor/watchdog.ts";

export const stopping = new AsrError("server_stopping", "The server stops");

/** Returns the stream of a job that `model` runs. The registry creates such a stream in the same way. */
export function streamOf(model: LoadedModel, job: Job): JobStream {
  return new JobStream(job, (delivery, signal) => model.run(delivery, signal));
}

export interface ScriptedModelOptions {
  /** Path of the model. It is a command to the scripted runner for the load (see `load` in scripted-runner.ts). */
  readonly path?: string;
  readonly limits?: Partial<RunnerLimits>;
  readonly start?: (options: RunnerOptions) => Runner;
  readonly endMsMax?: number;
  readonly fileVersion?: () => string;
}

/**
 * Starts models and creates files for one test file. Disposing this object ends the processes and deletes the files.
 */
export class ScriptedModels implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "open-asr-supervisor-"));
  readonly #opened = new Set<LoadedModel>();
  #files = 0;
  /** Lines of the log so far. */
  readonly lines: string[] = [];

  /** Creates a file that counts the runs of a job, or the starts of a runner. */
  countingFile(): string {
    const path = join(this.#folder, String(++this.#files));
    writeFileSync(path, "");
    return path;
  }

  job(prompt: string, more: Partial<Job> = {}): Job {
    // The other options are missing, because the scripted runner and the supervisor read only these options.
    const some: Partial<TranscribeOptions> = { prompt, words: true, keywords: [] };
    const options = some as TranscribeOptions;
    const { signal } = new AbortController();
    const audioPath = this.countingFile();
    return {
      model: modelCalled("scripted"),
      origin: "operator",
      audioPath,
      options,
      keepAliveS: null,
      signal,
      ...more,
    };
  }

  open(options: ScriptedModelOptions = {}): LoadedModel {
    const {
      start = (some) => new Runner(some),
      endMsMax = 20_000,
      fileVersion = () => "",
    } = options;
    const runner = this.runnerOptions(options);
    const model = new LoadedModel({
      name: runner.name,
      backend: "null",
      fileBytes: 0,
      fileVersion,
      endMsMax,
      room: () => null,
      start: () => start(runner),
      log: runner.log,
    });
    this.#opened.add(model);
    return model;
  }

  runnerOptions({ path = "loads", limits }: ScriptedModelOptions = {}): RunnerOptions {
    return {
      name: "scripted",
      command: [process.execPath, join(import.meta.dir, "scripted-runner.ts"), this.countingFile()],
      load: { type: "load", protocolVersion, model: { path } } as LoadMessage,
      limits: {
        memoryBytesMax: 1e9,
        loadMsMax: 20_000,
        cancelMsMax: 200,
        pingMsMax: 20_000,
        ...limits,
      },
      defaults: { language: null, prompt: null },
      log: createLog({ logLevel: "error", logFormat: "text" }, (line) => this.lines.push(line)),
    };
  }

  /**
   * Removes the model from the list of models that are closed at the end. Used for a model whose process never ends.
   */
  forget(model: LoadedModel): void {
    this.#opened.delete(model);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#opened].map((model) => model.close(stopping)));
    rmSync(this.#folder, { recursive: true });
  }
}

export function runsOf({ audioPath }: Job): number {
  return readFileSync(audioPath, "utf8").length;
}

export function record() {
  const segments: string[] = [];
  const doneS: number[] = [];
  const note = (event: JobEvent) => {
    if (event.type === "segment") segments.push(event.segment.text);
    if (event.type === "progress") doneS.push(event.doneS);
  };
  return { segments, doneS, note };
}

export async function failureOf(promise: Promise<unknown>): Promise<AsrError> {
  const outcome = await promise.then(
    () => "a transcript",
    (error: unknown) => error,
  );
  if (outcome instanceof AsrError) return outcome;
  throw new Error(`Expected an AsrError, found ${String(outcome)}`);
}

export async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error("The condition did not become true within 30 s");
    await Bun.sleep(5);
  }
}
