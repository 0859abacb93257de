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
  readonly #lanes: readonly LaneClient[];
  #free: LaneClient[];
  readonly #waiting: Waiter[] = [];
  /** For each lane, the number of jobs that have pinned it. */
  readonly #pins: Map<LaneClient, number>;
  readonly #cleanUps: CleanUp[] = [];
  /** The lanes in use, in the order in which their uses started. */
  readonly #running = new Map<LaneClient, Use>();
  /** The job of each lane that is not free. */
  readonly #holders = new Map<LaneClient, number>();
  /** Number of lanes that get work: the first ones. */
  #limit: number;
  #longMax: number;

  /** Long jobs never get the last `reserved` lanes, so that a short job finds a lane. */
  constructor(lanes: readonly LaneClient[], threadsPerLane: number, reserved = 0) {
    this.#pins = new Map(lanes.map((lane) => [lane, 0]));
    this.threadsPerLane = threadsPerLane;
    this.#lanes = lanes;
    this.#free = [...lanes];
    this.turns = new Turns(lanes.length);
    this.#limit = lanes.length;
    this.#longMax = lanes.length - reserved;
  }

  /** Number of all lanes, also of those that get no work. */
  get laneCount(): number {
    return this.#lanes.length;
  }

  /**
   * From now on, only the first `lanes` lanes get work. Work that already runs on other lanes is not stopped, and jobs
   * that have pinned other lanes keep them. `reserved` is as in the constructor.
   */
  limitTo(lanes: number, reserved = 0): void {
    this.#limit = lanes;
    this.#longMax = lanes - reserved;
    this.#free = this.#free.filter((lane) => !this.#giveToWaiter(lane));
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
      const idle = this.#free.filter((one) => this.#getsWork(one));
      const borrowed = Math.min(idle.length, lanesBorrowedMax);
      return await work(lane, this.threadsPerLane * (1 + borrowed));
    } finally {
      this.#running.delete(lane);
      this.#release(lane);
    }
  }

  /** Pins and returns the lane that the fewest jobs have pinned. A job pins a lane to keep state in it. */
  pin(): LaneClient {
    const working = [...this.#pins].slice(0, this.#limit);
    const [[lane, pins] = []] = working.toSorted(([, a], [, b]) => a - b);
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
    const index =
      on === null
        ? this.#free.findLastIndex((lane) => this.#getsWork(lane))
        : this.#free.indexOf(on);
    return index < 0 ? undefined : this.#free.splice(index, 1)[0];
  }

  #getsWork(lane: LaneClient): boolean {
    return this.#lanes.indexOf(lane) < this.#limit;
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
    if (!this.#giveToWaiter(lane)) this.#free.push(lane);
  }

  /** Gives the lane to the next waiter that may have it. Returns false if there is none. */
  #giveToWaiter(lane: LaneClient): boolean {
    const next = this.#nextWaiter(lane);
    if (next === null) return false;
    this.#holders.set(lane, next.job);
    this.turns.serve(next.job);
    next.resolve(lane);
    return true;
  }

  #nextWaiter(lane: LaneClient): Waiter | null {
    const able = this.#waiting.filter(({ job, on }) =>
      on === null ? this.#getsWork(lane) && this.#mayTake(job) : on === lane,
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
