/** One job's results on their way to its client, from one runner or from several in turn. */
import type { Progress, Work } from "../ipc/options.ts";
import type { Job } from "../jobs/job.ts";
import type { Segment, Transcript, Word } from "../transcript/transcript.ts";
import type { Checkpoint, ChunkResults } from "../ipc/protocol.ts";

/** Results arrive chunk by chunk. After a runner's death the next one resumes at the checkpoint, so no result is sent twice. */
export class Delivery {
  readonly job: Job;
  readonly #segments: Segment[] = [];
  readonly #words: Word[] = [];
  #checkpoint: Checkpoint | null = null;
  #doneS = -1;
  #decodeS = 0;
  #engineS = 0;
  #awaited: { chunks: number; readonly call: () => void } | null = null;

  constructor(job: Job) {
    this.job = job;
  }

  /** Where the next runner resumes; null: at the beginning. */
  get checkpoint(): Checkpoint | null {
    return this.#checkpoint;
  }

  /** Calls `call` once, after so many more chunks were delivered. Replaces the callback of an earlier call. */
  afterChunks(chunks: number, call: () => void): void {
    this.#awaited = { chunks, call };
  }

  chunk({ segments, words, checkpoint }: ChunkResults): void {
    this.#checkpoint = checkpoint;
    this.#segments.push(...segments);
    this.#words.push(...words);
    for (const segment of segments) this.job.onSegment?.(segment);
    if (this.#awaited === null || --this.#awaited.chunks > 0) return;
    const { call } = this.#awaited;
    this.#awaited = null;
    call();
  }

  progress(progress: Progress): void {
    if (progress.doneS <= this.#doneS) return;
    this.#doneS = progress.doneS;
    this.job.onProgress?.(progress);
  }

  /** Adds the time that a runner spent on the job, also when the runner did not finish it. */
  work({ decodeS, engineS }: Work): void {
    this.#decodeS += decodeS;
    this.#engineS += engineS;
    this.job.onWork?.({ decodeS: this.#decodeS, engineS: this.#engineS });
  }

  finish(language: string | null, durationS: number): Transcript {
    const text = this.#segments
      .map((segment) => segment.text)
      .join("")
      .trim();
    const words = this.job.options.words ? this.#words : null;
    return { text, language, durationS, segments: this.#segments, words };
  }
}
