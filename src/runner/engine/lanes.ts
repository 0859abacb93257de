/** Manages the lanes of a loaded model: gives each use of a job a lane. `turns.ts` decides which job is next. */
import { abortError } from "../../platform/abort.ts";
import type { LaneClient } from "./lane-client.ts";
import { Turns } from "./turns.ts";

/**
 * The encoder of a lane also uses the threads of idle lanes. This is the maximum number of idle lanes whose threads it
 * uses. With more threads, an encoder is hardly faster.
 */
const lanesBorrowedMax = 7;

export class LanePool {
  readonly threadsPerLane: number;
  /** Decides which of the waiting jobs gets a free lane. */
  readonly turns: Turns;
  readonly #free: LaneClient[];
  readonly #waiting: Waiter[] = [];
  /** For each lane, the number of jobs that have pinned it. */
  readonly #pins: Map<LaneClient, number>;
  readonly #cleanUps: CleanUp[] = [];
  /** The lanes in use, in the order in which their uses started. */
  readonly #running = new Map<LaneClient, Use>();
  /** The job of each lane that is not free. */
  readonly #holders = new Map<LaneClient, number>();
  readonly #longMax: number;

  /** Long jobs never get the last `reserved` lanes, so that a short job finds a lane. */
  constructor(lanes: readonly LaneClient[], threadsPerLane: number, reserved = 0) {
    this.#pins = new Map(lanes.map((lane) => [lane, 0]));
    this.threadsPerLane = threadsPerLane;
    this.#free = [...lanes];
    this.turns = new Turns(lanes.length);
    this.#longMax = lanes.length - reserved;
  }

  /**
   * Runs `work` on a lane as soon as the job gets one. If the job is cancelled, it stops waiting for a lane.
   *
   * `threads` is the number of threads that the encoder may use. It includes the threads of the job's lane and of idle
   * lanes (at most `lanesBorrowedMax`), so a single request can use all CPU cores.
   *
   * `on` is the lane that the job has pinned. The job then accepts no other lane. If `on` is null, the job accepts any
   * lane.
   *
   * `stop` makes `work` end soon. It is called if the job is long and a short job waits. If it is null, the work is not
   * stopped.
   */
  async use<T>(
    job: number,
    signal: AbortSignal,
    work: (lane: LaneClient, threads: number) => Promise<T>,
    { on = null, stop = null }: UseOptions = {},
  ): Promise<T> {
    const lane = await this.#acquire(job, signal, on);
    this.#running.set(lane, { job, stop, isStopped: false });
    try {
      const borrowed = Math.min(this.#free.length, lanesBorrowedMax);
      return await work(lane, this.threadsPerLane * (1 + borrowed));
    } finally {
      this.#running.delete(lane);
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

  async #acquire(job: number, signal: AbortSignal, on: LaneClient | null): Promise<LaneClient> {
    if (signal.aborted) throw abortError(signal);
    const lane = on !== null || this.#mayTake(job) ? this.#takeFree(on) : undefined;
    if (lane !== undefined) {
      this.#holders.set(lane, job);
      this.turns.serve(job);
      return lane;
    }
    this.turns.wait(job);
    const { promise, resolve, reject } = Promise.withResolvers<LaneClient>();
    const waiter: Waiter = { job, on, resolve };
    this.#waiting.push(waiter);
    if (on === null) this.#stopLongFor(job);
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

  /**
   * Stops a long job's work if a short job would otherwise wait for it: no lane is free, and long jobs use all lanes.
   * The work that started last is stopped, because it loses the least.
   */
  #stopLongFor(job: number): void {
    const waiting = this.#waiting.map((waiter) => waiter.job);
    if (!this.turns.isShort(job, waiting)) return;
    const uses = [...this.#running.values()];
    const isBlocked = uses.every((use) => this.turns.isLong(use.job) && !use.isStopped);
    const last = uses.findLast(({ stop }) => stop !== null);
    if (!isBlocked || last === undefined) return;
    last.isStopped = true;
    last.stop?.();
  }

  #takeFree(on: LaneClient | null): LaneClient | undefined {
    if (on === null) return this.#free.pop();
    const index = this.#free.indexOf(on);
    return index < 0 ? undefined : this.#free.splice(index, 1)[0];
  }

  /** Returns whether a job may take a lane that is free. */
  #mayTake(job: number): boolean {
    if (!this.turns.isLong(job)) return true;
    const long = [...this.#holders.values()].filter((holder) => this.turns.isLong(holder));
    return long.length < this.#longMax;
  }

  #release(lane: LaneClient): void {
    this.#holders.delete(lane);
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
    this.#holders.set(lane, next.job);
    this.turns.serve(next.job);
    next.resolve(lane);
  }

  #nextWaiter(lane: LaneClient): Waiter | null {
    const able = this.#waiting.filter(({ job, on }) =>
      on === null ? this.#mayTake(job) : on === lane,
    );
    const next = able[this.turns.next(able.map(({ job }) => job))];
    if (next === undefined) return null;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    return next;
  }
}

// --- internal ---

interface UseOptions {
  readonly on?: LaneClient | null;
  readonly stop?: (() => void) | null;
}

interface Use {
  readonly job: number;
  readonly stop: (() => void) | null;
  isStopped: boolean;
}

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
