/** The lane pool of a loaded model: it decides which job gets the next free lane. */
import { abortError } from "../../platform/abort.ts";
import type { LaneClient } from "./lane-client.ts";

/** With more threads, an encoder is hardly faster. */
const lanesBorrowedMax = 7;

/** A new job starts as if it had already waited for this many turns per lane. */
const headStart = 2;

/**
 * Gives lanes to chunks. Jobs take turns: the next free lane goes to the waiting job whose last lane was longest ago.
 * Therefore a short file never waits until a long file is finished.
 *
 * A new job has a head start, but a limited one. Therefore a long file makes progress even if many short files arrive.
 */
export class LanePool {
  readonly threadsPerLane: number;
  readonly #free: LaneClient[];
  readonly #waiting: Waiter[] = [];
  /** For each lane, the number of jobs that have pinned it. */
  readonly #pins: Map<LaneClient, number>;
  readonly #cleanUps: CleanUp[] = [];
  readonly #lastServed = new Map<number, number>();
  readonly #headStart: number;
  #turn = 0;

  constructor(lanes: readonly LaneClient[], threadsPerLane: number) {
    this.#pins = new Map(lanes.map((lane) => [lane, 0]));
    this.threadsPerLane = threadsPerLane;
    this.#free = [...lanes];
    this.#headStart = headStart * lanes.length;
  }

  /**
   * Runs `work` on a lane as soon as the job gets one. A cancelled job stops waiting.
   *
   * `threads` is the number of threads that the encoder may use: the threads of its lane and of idle lanes. Therefore a
   * single request can use all CPU cores.
   *
   * `on` is the lane that the job has pinned: the job accepts no other lane. Null: any lane.
   */
  async use<T>(
    job: number,
    signal: AbortSignal,
    work: (lane: LaneClient, threads: number) => Promise<T>,
    on: LaneClient | null = null,
  ): Promise<T> {
    const lane = await this.#acquire(job, signal, on);
    try {
      const borrowed = Math.min(this.#free.length, lanesBorrowedMax);
      return await work(lane, this.threadsPerLane * (1 + borrowed));
    } finally {
      this.#release(lane);
    }
  }

  /** Pins the lane with the fewest pins, for a job that keeps state in a lane. */
  pin(): LaneClient {
    const [[lane, pins] = []] = [...this.#pins].toSorted(([, a], [, b]) => a - b);
    if (lane === undefined || pins === undefined) throw new Error("there are no lanes");
    this.#pins.set(lane, pins + 1);
    return lane;
  }

  unpin(lane: LaneClient): void {
    this.#pins.set(lane, (this.#pins.get(lane) ?? 0) - 1);
  }

  /** Runs `work` on the lane before the work of waiting jobs. `work` frees the state that a job left in the lane. */
  async cleanUp(lane: LaneClient, work: (lane: LaneClient) => Promise<void>): Promise<void> {
    if (this.#takeFree(lane) === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#cleanUps.push({ lane, resolve });
      await promise;
    }
    try {
      await work(lane);
    } finally {
      this.#release(lane);
    }
  }

  /** Removes a finished job from the order. */
  forget(job: number): void {
    this.#lastServed.delete(job);
  }

  async #acquire(job: number, signal: AbortSignal, on: LaneClient | null): Promise<LaneClient> {
    if (signal.aborted) throw abortError(signal);
    const lane = this.#takeFree(on);
    if (lane !== undefined) {
      this.#lastServed.set(job, ++this.#turn);
      return lane;
    }
    if (!this.#lastServed.has(job)) this.#lastServed.set(job, this.#turn - this.#headStart);
    const { promise, resolve, reject } = Promise.withResolvers<LaneClient>();
    const waiter: Waiter = { job, on, resolve };
    this.#waiting.push(waiter);
    const leave = (): void => {
      const index = this.#waiting.indexOf(waiter);
      // The job has just received a lane. It releases the lane after its work.
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

  #takeFree(on: LaneClient | null): LaneClient | undefined {
    if (on === null) return this.#free.pop();
    const index = this.#free.indexOf(on);
    return index < 0 ? undefined : this.#free.splice(index, 1)[0];
  }

  #release(lane: LaneClient): void {
    const index = this.#cleanUps.findIndex((one) => one.lane === lane);
    if (index >= 0) {
      this.#cleanUps.splice(index, 1)[0]?.resolve();
      return;
    }
    const next = this.#nextWaiter(lane);
    if (next === null) {
      this.#free.push(lane);
      return;
    }
    this.#lastServed.set(next.job, ++this.#turn);
    next.resolve(lane);
  }

  #nextWaiter(lane: LaneClient): Waiter | null {
    const turnOf = (waiter: Waiter): number => this.#lastServed.get(waiter.job) ?? this.#turn;
    let best = -1;
    this.#waiting.forEach((waiter, index) => {
      if (waiter.on !== null && waiter.on !== lane) return;
      const leader = this.#waiting[best];
      if (leader === undefined || turnOf(waiter) < turnOf(leader)) best = index;
    });
    return this.#waiting.splice(best, best < 0 ? 0 : 1)[0] ?? null;
  }
}

// --- internal ---

interface CleanUp {
  readonly lane: LaneClient;
  readonly resolve: () => void;
}

interface Waiter {
  readonly job: number;
  /** Null: any lane. */
  readonly on: LaneClient | null;
  readonly resolve: (lane: LaneClient) => void;
}
