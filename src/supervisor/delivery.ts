/**
 * Passes the results of one job to the reader of the job. When a runner dies, the next runner delivers the remaining
 * results.
 */
import type { Progress } from "../ipc/options.ts";
import type { Checkpoint, ChunkResults } from "../ipc/protocol.ts";
import { addWork, noWork, type Work } from "../ipc/work.ts";
import type { Job } from "../jobs/job.ts";
import type { ModelInput, Transcript, Word } from "../transcript/transcript.ts";
import { textOf } from "../transcript/text-deltas.ts";
import { EventQueue } from "./event-queue.ts";

/** The facts about the whole audio, which a runner reports at the end of a job. */
export type JobEnd = Pick<Transcript, "language" | "durationS"> & {
  readonly audioTrack?: number | undefined;
};

/**
 * Delivers the results of a job, which arrive chunk by chunk. After the death of a runner, the next runner continues at
 * the checkpoint of the last chunk, so the reader never receives a result twice.
 */
export class Delivery {
  readonly job: Job;
  readonly events = new EventQueue();
  readonly #words: Word[] = [];
  #input: ModelInput | null = null;
  #checkpoint: Checkpoint | null = null;
  #doneS = -1;
  #processedS = 0;
  #work = noWork;
  /** Time since which the job waits for a runner. Null while a runner works on it. */
  #waitsSinceMs: number | null;
  readonly #now: () => number;
  #awaited: { chunks: number; readonly call: () => void } | null = null;

  constructor(job: Job, now = () => performance.now()) {
    this.job = job;
    this.#now = now;
    this.#waitsSinceMs = now();
  }

  /** Checkpoint at which the next runner continues. Null when the next runner starts at the beginning of the audio. */
  get checkpoint(): Checkpoint | null {
    return this.#checkpoint;
  }

  /**
   * Calls `call` once, when `chunks` more chunks were delivered. A new call of this function replaces the earlier
   * `call`.
   */
  afterChunks(chunks: number, call: () => void): void {
    this.#awaited = { chunks, call };
  }

  chunk({ segments, words, checkpoint, input }: ChunkResults): void {
    if (input !== undefined) {
      // Adds only the audio frames. The tokens of the prompt count once, because the model reads the same prompt before
      // each chunk.
      this.#input = { ...input, audioFrames: input.audioFrames + (this.#input?.audioFrames ?? 0) };
    }
    this.#checkpoint = checkpoint;
    this.#words.push(...words);
    this.events.add(segments);
    if (this.#awaited === null || --this.#awaited.chunks > 0) return;
    const { call } = this.#awaited;
    this.#awaited = null;
    call();
  }

  /**
   * Records the progress of the job. The audio between two chunks can be skipped silence, which does not count as
   * processed. Therefore at most the length of the longest chunk is added to `processedS`.
   */
  progress({ doneS, totalS, channels }: Progress): void {
    if (doneS <= this.#doneS) return;
    const stepS = doneS - Math.max(0, this.#doneS);
    this.#processedS += Math.min(this.job.model.chunkMaxS, stepS);
    this.#doneS = doneS;
    const processedS = this.#processedS;
    const known = channels === undefined ? {} : { channels };
    this.events.progress({ type: "progress", doneS, totalS, ...known, processedS });
  }

  /** Call this when a runner gets the job. Until then, the job waits, for example while the model is loaded. */
  handedOver(): void {
    if (this.#waitsSinceMs === null) return;
    const waiting = (this.#now() - this.#waitsSinceMs) / 1000;
    this.#waitsSinceMs = null;
    this.#work = addWork(this.#work, { ...noWork, waiting });
  }

  /** Call this when the runner of the job has died. */
  waitsAgain(): void {
    this.#waitsSinceMs = this.#now();
  }

  /** Adds the time that a runner spent on the job. The time counts even if the runner did not finish the job. */
  work(work: Work): void {
    this.#work = addWork(this.#work, work);
    this.events.work(this.#work);
  }

  transcript({ language, durationS, audioTrack }: JobEnd): Transcript {
    const { segments } = this.events;
    const text = textOf(segments);
    const { options } = this.job;
    const words = options.words ? this.#words : null;
    const input = this.#input === null ? {} : { input: this.#input };
    const track = audioTrack === undefined ? {} : { audioTrack };
    const { task } = options;
    return { ...input, ...track, task, text, language, durationS, segments, words };
  }
}
