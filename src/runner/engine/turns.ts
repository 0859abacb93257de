/**
 * Decides which of the waiting jobs gets a free lane.
 *
 * Most lanes go to the job with the earliest deadline, and without deadlines to the job with the least audio left, so a
 * short file does not wait for long files. Every fourth lane goes to the job that was served longest ago, so every job
 * makes progress, however many short files arrive. Among jobs with about the same audio left, the one that was served
 * longest ago is first, so long files proceed side by side.
 *
 * These rules hold between the jobs of clients that are within their share (`client-shares.ts`).
 */
import { longS } from "../../ipc/long-audio.ts";
import { ClientShares } from "./client-shares.ts";

/** Of this number of successive lanes, one goes to the job that was served longest ago. */
const oldestEvery = 4;

/**
 * Advantage of a new job over older jobs: it is treated as if it had already waited for this number of turns per lane.
 */
const headStart = 2;

/** Maximum length in seconds of the audio that a short job has left. A short job need not wait for a long one. */
const shortS = 16;

export class Turns {
  readonly #headStart: number;
  readonly #shares: ClientShares;
  readonly #lastServed = new Map<number, number>();
  readonly #remainingS = new Map<number, number>();
  readonly #deadlineMs = new Map<number, number>();
  #turn = 0;
  #contended = 0;

  constructor(lanes: number) {
    this.#headStart = headStart * lanes;
    this.#shares = new ClientShares(lanes);
  }

  /** Records that a job waits for a lane. */
  wait(job: number): void {
    if (!this.#lastServed.has(job)) this.#lastServed.set(job, this.#turn - this.#headStart);
  }

  /** Records that a job got a lane. */
  serve(job: number): void {
    this.#lastServed.set(job, ++this.#turn);
    this.#shares.serve(job);
  }

  /** Records the client of a job. A job without a client has no share, and is never passed over. */
  setClient(job: number, client: string): void {
    this.#shares.add(job, client);
  }

  /** Records the length in seconds of the audio that a job still has to transcribe. */
  setRemaining(job: number, remainingS: number): void {
    this.#remainingS.set(job, remainingS);
  }

  /** Returns the length in seconds of the audio that a job still has to transcribe, at most `longS`. */
  remainingS(job: number): number {
    // If nothing should be left, the header of the file declared a wrong length, so the job is long, too.
    const remainingS = this.#remainingS.get(job) ?? 0;
    return remainingS > 0 ? Math.min(longS, remainingS) : longS;
  }

  /** Records the time at which the result of a job is needed, in milliseconds since 1970. */
  setDeadline(job: number, deadlineMs: number): void {
    this.#deadlineMs.set(job, deadlineMs);
  }

  /** Deletes the data about a finished job. */
  forget(job: number): void {
    this.#lastServed.delete(job);
    this.#shares.delete(job);
    this.#deadlineMs.delete(job);
    this.#remainingS.delete(job);
  }

  /** Returns the position of the job that gets the next lane; -1 if no job waits. */
  next(jobs: readonly number[]): number {
    const oldest = ++this.#contended % oldestEvery === 0;
    const [first, ...others] = this.#shares.within(jobs);
    if (first === undefined) return -1;
    const best = others.reduce(
      (leader, job) => (this.#isBefore(job, leader, oldest) ? job : leader),
      first,
    );
    return jobs.indexOf(best);
  }

  /** Returns whether a waiting job is short, and its client is within its share. */
  isShort(job: number, waiting: readonly number[]): boolean {
    const remainingS = this.#remainingS.get(job) ?? 0;
    return remainingS > 0 && remainingS <= shortS && this.#shares.within(waiting).includes(job);
  }

  /** Returns whether a job is so long that a short job may take its lane. A job with a deadline keeps its lanes. */
  isLong(job: number): boolean {
    return this.#lengthOf(job) >= Math.log2(longS) && !this.#deadlineMs.has(job);
  }

  #isBefore(job: number, other: number, oldest: boolean): boolean {
    const served = this.#servedAt(job) - this.#servedAt(other);
    if (oldest) return served < 0;
    const due = this.#dueMs(job) - this.#dueMs(other);
    const length = this.#lengthOf(job) - this.#lengthOf(other);
    return (due || length || served) < 0;
  }

  /** Returns the deadline of a job. A job without a deadline is due after all others. */
  #dueMs(job: number): number {
    return this.#deadlineMs.get(job) ?? Number.MAX_SAFE_INTEGER;
  }

  #servedAt(job: number): number {
    return this.#lastServed.get(job) ?? this.#turn;
  }

  /**
   * Returns the order of magnitude of a job's audio: the logarithm of its seconds. A job of unknown length is long.
   */
  #lengthOf(job: number): number {
    return Math.floor(Math.log2(Math.max(1, this.remainingS(job))));
  }
}
