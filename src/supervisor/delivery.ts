/** Passes the results of one job to its reader. They come from one runner, or from its successors after its death. */
import type { Progress, Work } from "../ipc/options.ts";
import type { Checkpoint, ChunkResults } from "../ipc/protocol.ts";
import type { Job } from "../jobs/job.ts";
import type { Transcript, Word } from "../transcript/transcript.ts";
import { EventQueue } from "./event-queue.ts";

/** Results arrive chunk by chunk. After a runner's death, the next runner resumes at the checkpoint, so no result is sent twice. */
export class Delivery {
  readonly job: Job;
  readonly events = new EventQueue();
  readonly #words: Word[] = [];
  #audioFrames: number | null = null;
  #checkpoint: Checkpoint | null = null;
  #doneS = -1;
  #processedS = 0;
  #decodeS = 0;
  #engineS = 0;
  #awaited: { chunks: number; readonly call: () => void } | null = null;

  constructor(job: Job) {
    this.job = job;
  }

  /** The point where the next runner resumes; null: at the beginning. */
  get checkpoint(): Checkpoint | null {
    return this.#checkpoint;
  }

  /** Calls `call` once, after `chunks` more chunks were delivered. Replaces the callback of an earlier call. */
  afterChunks(chunks: number, call: () => void): void {
    this.#awaited = { chunks, call };
  }

  chunk({ segments, words, checkpoint, audioFrames }: ChunkResults): void {
    if (audioFrames !== undefined) this.#audioFrames = (this.#audioFrames ?? 0) + audioFrames;
    this.#checkpoint = checkpoint;
    this.#words.push(...words);
    this.events.add(segments);
    if (this.#awaited === null || --this.#awaited.chunks > 0) return;
    const { call } = this.#awaited;
    this.#awaited = null;
    call();
  }

  /** Adds at most the length of the longest chunk to `processedS`, because the rest of a longer step was skipped silence. */
  progress({ doneS, totalS }: Progress): void {
    if (doneS <= this.#doneS) return;
    const stepS = doneS - Math.max(0, this.#doneS);
    this.#processedS += Math.min(this.job.model.chunkMaxS, stepS);
    this.#doneS = doneS;
    this.events.progress({ type: "progress", doneS, totalS, processedS: this.#processedS });
  }

  /** Adds the time that a runner spent on the job, even if the runner did not finish it. */
  work({ decodeS, engineS }: Work): void {
    this.#decodeS += decodeS;
    this.#engineS += engineS;
    this.events.work({ decodeS: this.#decodeS, engineS: this.#engineS });
  }

  transcript(language: string | null, durationS: number): Transcript {
    const { segments } = this.events;
    const text = segments
      .map((segment) => segment.text)
      .join("")
      .trim();
    const { options } = this.job;
    const words = options.words ? this.#words : null;
    const counted = this.#audioFrames === null ? {} : { audioFrames: this.#audioFrames };
    return { ...counted, task: options.task, text, language, durationS, segments, words };
  }
}
