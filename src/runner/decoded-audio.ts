/**
 * Bounds the decoded audio that a runner holds: chunks that wait for a lane, and chunks in lanes. Without a bound, each
 * waiting job would hold several chunks, about 2 MB each. `turns.ts` decides which job decodes next.
 *
 * A third of the limit is for all chunks together, so a job decodes as far ahead as the lanes need. The rest is only
 * for jobs without a decoded chunk, so a short job does not wait until the chunks of long jobs have been transcribed.
 */
import { abortError } from "../platform/abort.ts";
import type { AudioEnd, AudioFile } from "./audio/audio-thread.ts";
import type { AudioChunk } from "./audio/chunker.ts";
import { Turns } from "./engine/turns.ts";

export interface DecodedAudioOptions {
  readonly lanes: number;
  /** Maximum length of a chunk in seconds. */
  readonly chunkMaxS: number;
}

export interface ReaderOptions {
  readonly job: number;
  /** Signal that is aborted when the job is cancelled. The job then stops waiting. */
  readonly signal: AbortSignal;
}

export class DecodedAudio {
  /** Decides which of the waiting jobs decodes a chunk. */
  readonly turns: Turns;
  readonly #chunkMaxS: number;
  /** Maximum length of all chunks in seconds if a job that has a chunk decodes another one. */
  readonly #aheadMaxS: number;
  readonly #waiting: Waiter[] = [];
  /** Length in seconds of the decoded audio of each job, and of the audio that it is decoding now. */
  readonly #heldS = new Map<number, number>();

  constructor({ lanes, chunkMaxS }: DecodedAudioOptions) {
    this.#chunkMaxS = chunkMaxS;
    // One job needs a chunk in each lane, one that waits for the next free lane, and one that is being cut.
    this.#aheadMaxS = (lanes + 2) * chunkMaxS;
    this.turns = new Turns(lanes);
  }

  /** Length in seconds of all decoded audio, and of the audio that is being decoded. */
  get heldS(): number {
    return [...this.#heldS.values()].reduce((sum, seconds) => sum + seconds, 0);
  }

  /** Maximum of `heldS`. It can be exceeded only by a file that is longer than its header says. */
  get maxS(): number {
    return 3 * this.#aheadMaxS;
  }

  /** Returns a file with the same audio. `next` waits until the job may decode a chunk. */
  bounded(file: AudioFile, options: ReaderOptions): AudioFile {
    const { job } = options;
    return {
      durationS: file.durationS,
      channels: file.channels,
      get decodeS() {
        return file.decodeS;
      },
      get vadS() {
        return file.vadS;
      },
      next: () => this.#read(file, options),
      giveBack: (chunk) => {
        file.giveBack(chunk);
        this.#add(job, -chunk.durationS);
        this.#admitNext();
      },
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  }

  /** Call this when a job has ended. Chunks that it has not given back no longer count. */
  forget(job: number): void {
    this.#heldS.delete(job);
    this.#admitNext();
  }

  async #read(file: AudioFile, { job, signal }: ReaderOptions): Promise<AudioChunk | AudioEnd> {
    const expectedS = Math.min(this.#chunkMaxS, file.durationS || this.#chunkMaxS);
    await this.#admit(job, expectedS, signal);
    let decodedS = 0;
    try {
      const next = await file.next();
      if (!("endS" in next)) decodedS = next.durationS;
      return next;
    } finally {
      this.#add(job, decodedS - expectedS);
      this.#admitNext();
    }
  }

  async #admit(job: number, expectedS: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortError(signal);
    this.turns.wait(job);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { job, expectedS, resolve };
    this.#waiting.push(waiter);
    const leave = (): void => {
      const index = this.#waiting.indexOf(waiter);
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      reject(abortError(signal));
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#admitNext();
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  /** Lets as many waiting jobs as possible decode a chunk. */
  #admitNext(): void {
    for (;;) {
      const able = this.#waiting.filter((waiter) => this.#mayDecode(waiter));
      if (able.length === 0) return;
      const next = able[this.turns.next(able.map(({ job }) => job))]!;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.turns.serve(next.job);
      this.#add(next.job, next.expectedS);
      next.resolve();
    }
  }

  #mayDecode({ job, expectedS }: Waiter): boolean {
    const limitS = this.#heldS.has(job) ? this.#aheadMaxS : this.maxS;
    return this.heldS + expectedS <= limitS;
  }

  #add(job: number, seconds: number): void {
    const heldS = (this.#heldS.get(job) ?? 0) + seconds;
    // Lengths are sums of fractions, so they are not exactly 0 at the end.
    if (heldS > 1e-6) this.#heldS.set(job, heldS);
    else this.#heldS.delete(job);
  }
}

// --- internal ---

interface Waiter {
  readonly job: number;
  readonly expectedS: number;
  readonly resolve: () => void;
}
