/** Measures the time that each stage of one job takes, and the time in which nothing works for the job. */
import { noWork, type Work } from "../ipc/work.ts";
import type { AudioFile } from "./audio/audio-thread.ts";
import type { LaneClient } from "./engine/lane-client.ts";

export class JobClock {
  /** Time of a monotonic clock, in milliseconds. */
  readonly #now: () => number;
  /** The stages that this thread measures. */
  readonly #seconds = { ...noWork };
  /** Number of lanes that work for the job now. */
  #lanes = 0;
  /** Time without a lane in milliseconds, up to `#sinceMs`. */
  #idleMs = 0;
  #sinceMs: number;

  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#sinceMs = now();
  }

  /** Runs `work` on a lane, and counts the times that the lane measures. */
  async onLane<T>(lane: LaneClient, work: () => Promise<T>): Promise<T> {
    // Discards the times of calls outside of `onLane`, which freed the state of another job.
    lane.takeTimes();
    this.#countIdle();
    this.#lanes++;
    const startMs = this.#now();
    try {
      return await work();
    } finally {
      const heldS = (this.#now() - startMs) / 1000;
      this.#countLane(heldS, lane);
      this.#countIdle();
      this.#lanes--;
    }
  }

  /**
   * Waits for the next audio of the file. While no lane works for the job, the job waits only for the part of the time
   * in which the audio thread works for other jobs.
   */
  async reading<T>(file: Pick<AudioFile, "decodeS" | "vadS">, read: () => Promise<T>): Promise<T> {
    this.#countIdle();
    const idleMs = this.#idleMs;
    const before = file.decodeS + file.vadS;
    try {
      return await read();
    } finally {
      this.#countIdle();
      const readMs = 1000 * (file.decodeS + file.vadS - before);
      this.#idleMs -= Math.min(readMs, this.#idleMs - idleMs);
    }
  }

  /** Runs `work`, which turns tokens into segments and words. */
  assemble<T>(work: () => T): T {
    this.#countIdle();
    const startMs = this.#now();
    try {
      return work();
    } finally {
      this.#seconds.assembly += (this.#now() - startMs) / 1000;
      this.#sinceMs = this.#now();
    }
  }

  /** Returns the time of each stage so far. `file` is null if the file could not be opened. */
  workDone(file: Pick<AudioFile, "decodeS" | "vadS"> | null): Work {
    this.#countIdle();
    return {
      ...this.#seconds,
      waiting: this.#seconds.waiting + this.#idleMs / 1000,
      decode: file?.decodeS ?? 0,
      vad: file?.vadS ?? 0,
    };
  }

  /** The lane's thread was busy for a part of the time. In the rest of the time, this thread has used the results. */
  #countLane(heldS: number, lane: LaneClient): void {
    const { busyS, featuresS, encoderS, decoderS } = lane.takeTimes();
    this.#seconds.features += featuresS;
    this.#seconds.encoder += encoderS;
    this.#seconds.decoder += decoderS;
    this.#seconds.waiting += Math.max(0, busyS - featuresS - encoderS - decoderS);
    this.#seconds.assembly += Math.max(0, heldS - busyS);
  }

  #countIdle(): void {
    const nowMs = this.#now();
    if (this.#lanes === 0) this.#idleMs += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }
}
