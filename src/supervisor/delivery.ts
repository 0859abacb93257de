/** One job's results on their way to whoever waits for them, over as many runners as it takes. */
import type { Progress, Work } from "../ipc/options.ts";
import type { Job } from "../jobs/job.ts";
import type { Segment, Transcript, Word } from "../transcript/transcript.ts";
import type { Checkpoint, ChunkResults } from "../ipc/protocol.ts";

/** Results come chunk by chunk; a second runner goes on behind the last one, so nothing is told or done twice. */
export class Delivery {
  readonly job: Job;
  readonly #segments: Segment[] = [];
  readonly #words: Word[] = [];
  #checkpoint: Checkpoint | null = null;
  #doneS = -1;
  #decodeS = 0;
  #engineS = 0;
  #beyond: { chunks: number; readonly tell: () => void } | null = null;

  constructor(job: Job) {
    this.job = job;
  }

  /** Where a runner is to go on; null: at the beginning. */
  get checkpoint(): Checkpoint | null {
    return this.#checkpoint;
  }

  /** Calls `tell` once so many more chunks were delivered; takes the place of an earlier wish. */
  onceBeyond(chunks: number, tell: () => void): void {
    this.#beyond = { chunks, tell };
  }

  chunk({ segments, words, checkpoint }: ChunkResults): void {
    this.#checkpoint = checkpoint;
    this.#segments.push(...segments);
    this.#words.push(...words);
    for (const segment of segments) this.job.onSegment?.(segment);
    if (this.#beyond === null || --this.#beyond.chunks > 0) return;
    this.#beyond.tell();
    this.#beyond = null;
  }

  progress(progress: Progress): void {
    if (progress.doneS <= this.#doneS) return;
    this.#doneS = progress.doneS;
    this.job.onProgress?.(progress);
  }

  /** What a runner did for it, in vain or not. */
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
