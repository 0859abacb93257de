/**
 * Transcribes several files at the same time. Prints transcripts, and the list of written files, in the order of the
 * inputs. When a file fails, continues with the other files.
 */
import { AsrError, type ErrorCode } from "../../errors.ts";
import { collect } from "../../jobs/collect.ts";
import type { JobEvent } from "../../jobs/events.ts";
import type { ResolvedModel, Transcriber } from "../../jobs/job.ts";
import { withWordTimes } from "../../jobs/word-times.ts";
import type { Spool } from "../../spool/spool.ts";
import type { Transcript } from "../../transcript/transcript.ts";
import { isClosedPipe } from "../closed-pipe.ts";
import { shownPath } from "../file-names.ts";
import { WriteError } from "../write-error.ts";
import type { BatchProgress } from "./batch-progress.ts";
import type { Fingerprints } from "./fingerprint.ts";
import type { FinishedRecords } from "./finished-record.ts";
import { openInput } from "./input-audio.ts";
import { OrderedLines } from "./ordered-lines.ts";
import type { TaskFile } from "./output-names.ts";
import type { Profile } from "./profile.ts";
import { StandardOutput } from "./standard-output.ts";
import type { Summary } from "./summary.ts";
import type { Task } from "./task.ts";
import { writeFiles } from "./transcript-files.ts";
import { Turns } from "./turns.ts";
import { standardError } from "../../platform/standard-error.ts";

export interface BatchOptions {
  readonly task: Task;
  /** Files of the task that are not transcribed yet. */
  readonly files: readonly TaskFile[];
  /** Number of files that are transcribed at the same time. */
  readonly parallel: number;
  readonly transcriber: Transcriber;
  readonly model: ResolvedModel;
  readonly spool: Spool;
  readonly fingerprints: Fingerprints;
  readonly records: FinishedRecords;
  readonly progress: BatchProgress;
  readonly summary: Summary;
  readonly profile: Profile;
  /** Signal that is aborted when the command is interrupted. */
  readonly signal: AbortSignal;
}

export class Batch {
  readonly #options: BatchOptions;
  readonly #turns = new Turns();
  readonly #written: OrderedLines;
  /** Aborted when an error occurs that concerns all files, for example an error of the model. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#written = new OrderedLines((line) => this.#print(line));
  }

  /** Transcribes the files. When an error concerns all files, for example an error of the model, throws this error. */
  async run(): Promise<void> {
    const { files, parallel } = this.#options;
    const transcribing = new Set<Promise<void>>();
    const unfinished = new Set<Promise<void>>();
    for (const [index, file] of files.entries()) {
      await untilFewer(transcribing, parallel);
      await untilFewer(unfinished, parallel + aheadMax);
      if (this.#signal.aborted) break;
      const { promise: transcribed, resolve } = Promise.withResolvers<void>();
      const finished = this.#work(file, index, resolve).finally(resolve);
      track(transcribing, transcribed);
      track(unfinished, finished);
    }
    await Promise.all(unfinished);
    if (this.#stop.signal.aborted) throw this.#stop.signal.reason;
  }

  /**
   * Prints the names of the files that are already written, but were not printed yet because an earlier file is not
   * finished.
   */
  close(): void {
    this.#written.close();
  }

  /**
   * Transcribes one file, writes its transcript and reports its errors. Calls `onTranscribed` before it writes the
   * transcript.
   */
  async #work(file: TaskFile, index: number, onTranscribed: () => void): Promise<void> {
    const { task, progress, summary } = this.#options;
    using output = !task.isPrinted ? null : this.#standardOutput(file, index === 0);
    progress.start(index);
    let durationS: number | null = null;
    try {
      const fingerprints = this.#options.fingerprints.of(file.input.path);
      const transcript = await this.#transcribe(file, index, output);
      onTranscribed();
      this.#reportTrack(file, transcript);
      if (output === null) await this.#writeFiles(file, index, { transcript, fingerprints });
      else await output.finish(transcript);
      ({ durationS } = transcript);
      summary.add(durationS);
    } catch (error) {
      onTranscribed();
      await this.#handle(error, { file, index, output });
    } finally {
      progress.end(index, durationS);
    }
  }

  #standardOutput({ input: { path: name } }: TaskFile, isFirst: boolean): StandardOutput {
    const { task, progress } = this.#options;
    return new StandardOutput(task, { name, isFirst, turn: this.#turns.take(), progress });
  }

  async #transcribe(
    { input }: TaskFile,
    index: number,
    output: StandardOutput | null,
  ): Promise<Transcript> {
    const { task, transcriber, model, spool, progress, profile } = this.#options;
    await using audio = await openInput(input, spool, this.#signal);
    const events = transcriber.transcribe({
      model,
      origin: "operator",
      keepAliveS: null,
      audioPath: audio.path,
      options: task.cueLimits === null ? task.options : withWordTimes(task.options, model),
      signal: this.#signal,
    });
    return await collect(events, async (event: JobEvent) => {
      if (event.type === "progress") progress.update(index, event);
      if (event.type === "work") profile.set(index, event.work);
      await output?.add(event);
    });
  }

  /** Prints the number of the transcribed audio track, if the file has several and the command names none. */
  #reportTrack({ input }: TaskFile, { audioTrack }: Transcript): void {
    if (audioTrack === undefined || this.#options.task.options.audioTrack !== undefined) return;
    const name = shownPath(input.path);
    this.#print(
      `open-asr-server: Transcribed audio track ${audioTrack} of "${name}"; --audio-track chooses another one\n`,
    );
  }

  async #writeFiles(
    file: TaskFile,
    index: number,
    {
      transcript,
      fingerprints,
    }: { transcript: Transcript; fingerprints: ReadonlyMap<string, string> | null },
  ): Promise<void> {
    const { task, records } = this.#options;
    await writeFiles(file, transcript, task);
    if (fingerprints !== null) records.add(file.outputs, fingerprints);
    const paths = file.outputs.map(({ path }) => shownPath(path)).join(", ");
    this.#written.add(index, task.isBatch ? `${shownPath(file.input.path)} -> ${paths}\n` : "");
  }

  /** Reports the error of a file. If the error concerns all files, stops all work instead. */
  async #handle(
    error: unknown,
    { file, index, output }: { file: TaskFile; index: number; output: StandardOutput | null },
  ): Promise<void> {
    if (!this.#signal.aborted && concernsAllFiles(error)) return this.#stop.abort(error);
    await output?.abandon();
    if (this.#signal.aborted) return;
    this.#written.add(index, "");
    const isSkipped =
      file.input.from === "folder" &&
      error instanceof AsrError &&
      error.code === "unsupported_audio";
    if (isSkipped) this.#options.summary.skip();
    else this.#options.summary.fail();
    this.#print(`open-asr-server: ${explain(file, error, isSkipped)}\n`);
  }

  #print(text: string): void {
    this.#options.progress.clear();
    standardError.write(text);
  }
}

// --- internal ---

/**
 * Maximum number of complete transcripts that are not printed yet, because the transcript of an earlier file is not
 * complete.
 */
const aheadMax = 256;

/** Codes of the errors that concern the model and not a single file. */
const modelErrors: ReadonlySet<ErrorCode> = new Set([
  "backend_unavailable",
  "model_load_failed",
  "model_not_found",
]);

/**
 * Returns whether the error also prevents the transcription of the other files: the model cannot be used, or the reader
 * of standard output has closed the pipe.
 */
function concernsAllFiles(error: unknown): boolean {
  return isClosedPipe(error) || (error instanceof AsrError && modelErrors.has(error.code));
}

function track(promises: Set<Promise<void>>, promise: Promise<void>): void {
  promises.add(promise);
  void promise.finally(() => promises.delete(promise));
}

async function untilFewer(promises: ReadonlySet<Promise<void>>, count: number): Promise<void> {
  while (promises.size >= count) await Promise.race(promises);
}

function explain({ input }: TaskFile, error: unknown, isSkipped: boolean): string {
  if (error instanceof WriteError) return error.message;
  return `${isSkipped ? "Skipped" : "Cannot transcribe"} "${shownPath(input.path)}": ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  if (error instanceof AsrError) return error.operatorMessage;
  return error instanceof Error ? error.message : String(error);
}
