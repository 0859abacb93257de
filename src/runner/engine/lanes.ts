/** The lanes of a loaded model: which job gets a free lane next. */
import { abortError } from "../../platform/abort.ts";
import type { LaneClient } from "./lane-client.ts";

/** More threads than that hardly make an encoder faster. */
const lanesBorrowedMax = 7;

/** Turns per lane until a job that was served before goes ahead of a job that arrives now. */
const headStart = 2;

/**
 * Gives lanes to chunks. Jobs take turns: a free lane goes to the waiting job that was served longest ago, so a short file
 * never waits for the whole of a long file. New jobs have a head start of limited length, so that a long file makes
 * progress however many short files arrive.
 */
export class LanePool {
  readonly #threadsPerLane: number;
  readonly #free: LaneClient[];
  readonly #waiting: Waiter[] = [];
  readonly #lastServed = new Map<number, number>();
  readonly #headStart: number;
  #turn = 0;

  constructor(lanes: readonly LaneClient[], threadsPerLane: number) {
    this.#threadsPerLane = threadsPerLane;
    this.#free = [...lanes];
    this.#headStart = headStart * lanes.length;
  }

  /**
   * Runs `work` on a lane as soon as this job gets one; a cancelled job stops waiting. `threads` is the number of threads
   * that the encoder may use: those of its lane and of idle lanes, so that a single request uses the whole machine.
   */
  async use<T>(
    job: number,
    signal: AbortSignal,
    work: (lane: LaneClient, threads: number) => Promise<T>,
  ): Promise<T> {
    const lane = await this.#acquire(job, signal);
    try {
      const borrowed = Math.min(this.#free.length, lanesBorrowedMax);
      return await work(lane, this.#threadsPerLane * (1 + borrowed));
    } finally {
      this.#release(lane);
    }
  }

  /** Forgets a finished job's place in the order. */
  forget(job: number): void {
    this.#lastServed.delete(job);
  }

  async #acquire(job: number, signal: AbortSignal): Promise<LaneClient> {
    if (signal.aborted) throw abortError(signal);
    const lane = this.#free.pop();
    if (lane !== undefined) {
      this.#lastServed.set(job, ++this.#turn);
      return lane;
    }
    if (!this.#lastServed.has(job)) this.#lastServed.set(job, this.#turn - this.#headStart);
    const { promise, resolve, reject } = Promise.withResolvers<LaneClient>();
    const waiter: Waiter = { job, resolve };
    this.#waiting.push(waiter);
    const leave = (): void => {
      const index = this.#waiting.indexOf(waiter);
      // The job got a lane in this very moment, and gives it back after its work.
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      reject(abortError(signal));
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #release(lane: LaneClient): void {
    const next = this.#nextWaiter();
    if (next === null) {
      this.#free.push(lane);
      return;
    }
    this.#lastServed.set(next.job, ++this.#turn);
    next.resolve(lane);
  }

  #nextWaiter(): Waiter | null {
    const turnOf = (waiter: Waiter): number => this.#lastServed.get(waiter.job) ?? this.#turn;
    let best = -1;
    this.#waiting.forEach((waiter, index) => {
      const leader = this.#waiting[best];
      if (leader === undefined || turnOf(waiter) < turnOf(leader)) best = index;
    });
    return this.#waiting.splice(best, best < 0 ? 0 : 1)[0] ?? null;
  }
}

// --- internal ---

interface Waiter {
  readonly job: number;
  readonly resolve: (lane: LaneClient) => void;
}
