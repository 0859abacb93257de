/** Manages the lane pool of a loaded model. The pool decides which job gets the next free lane. */
import { abortError } from "../../platform/abort.ts";
import type { LaneClient } from "./lane-client.ts";

/**
 * The encoder of a lane also uses the threads of idle lanes. This is the maximum number of idle lanes whose threads it
 * uses. With more threads, an encoder is hardly faster.
 */
const lanesBorrowedMax = 7;

/**
 * Advantage of a new job over older jobs. If no lane is free, the pool treats a new job as if it had already waited for
 * this number of turns per lane.
 */
const headStart = 2;

/**
 * Assigns lanes to the chunks of jobs. Jobs take turns: the next free lane goes to the waiting job that got its last
 * lane the longest time ago. Therefore a short file does not wait for the end of a long file.
 *
 * A new job has an advantage over older jobs, but the advantage is limited. Therefore a long file makes progress even
 * if many short files arrive.
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
   * Runs `work` on a lane as soon as the job gets one. If the job is cancelled, it stops waiting for a lane.
   *
   * `threads` is the number of threads that the encoder may use. It includes the threads of the job's lane and of idle
   * lanes (at most `lanesBorrowedMax`), so a single request can use all CPU cores.
   *
   * `on` is the lane that the job has pinned. The job then accepts no other lane. If `on` is null, the job accepts any
   * lane.
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

  /** Pins and returns the lane that the fewest jobs have pinned. A job pins a lane to keep state in it. */
  pin(): LaneClient {
    const [[lane, pins] = []] = [...this.#pins].toSorted(([, a], [, b]) => a - b);
    if (lane === undefined || pins === undefined) throw new Error("there are no lanes");
    this.#pins.set(lane, pins + 1);
    return lane;
  }

  unpin(lane: LaneClient): void {
    this.#pins.set(lane, (this.#pins.get(lane) ?? 0) - 1);
  }

  /**
   * Runs `work` as soon as the lane is free. Jobs that already wait for the lane wait until `work` has ended. `work`
   * frees the state that a job has left in the lane.
   */
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

  /** Deletes the data about a finished job. Otherwise the memory of the pool would grow with each job. */
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
      // The job does not wait any more, because it has already received a lane. The job releases the lane after its
      // work.
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
  /** The only lane that the job accepts. If it is null, the job accepts any lane. */
  readonly on: LaneClient | null;
  readonly resolve: (lane: LaneClient) => void;
}
