/** One job's results on their way to whoever waits for them, over as many runners as it takes. */
import type { Job, Progress } from "../job.ts";
import type { Segment, Transcript, Word } from "../transcript.ts";

/**
 * Results come chunk by chunk, and a file is cut into the same chunks each time: when a second runner starts from the
 * beginning, the chunks that were delivered before are passed over, so nothing is told twice.
 */
export class Delivery {
  readonly job: Job;
  readonly #segments: Segment[] = [];
  readonly #words: Word[] = [];
  #chunksDelivered = 0;
  #chunksOfThisRun = 0;
  #doneS = -1;

  constructor(job: Job) {
    this.job = job;
  }

  /** A runner starts from the beginning. */
  begin(): void {
    this.#chunksOfThisRun = 0;
  }

  chunk(segments: readonly Segment[], words: readonly Word[]): void {
    this.#chunksOfThisRun++;
    if (this.#chunksOfThisRun <= this.#chunksDelivered) return;
    this.#chunksDelivered = this.#chunksOfThisRun;
    this.#segments.push(...segments);
    this.#words.push(...words);
    for (const segment of segments) this.job.onSegment?.(segment);
  }

  progress(progress: Progress): void {
    if (progress.doneS <= this.#doneS) return;
    this.#doneS = progress.doneS;
    this.job.onProgress?.(progress);
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
