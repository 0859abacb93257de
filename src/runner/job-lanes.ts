/** Gives one job access to the lane pool. Passes the id and the abort signal of the job to the pool. */
import type { LaneClient } from "./engine/lane-client.ts";
import type { LanePool } from "./engine/lanes.ts";
import type { JobClock } from "./job-clock.ts";
import type { JobLanes, PinnedLane } from "./recognizer.ts";

export interface LanesOptions {
  readonly pool: LanePool;
  readonly job: number;
  /** Signal that is aborted when the job is cancelled. The job then stops waiting for a lane. */
  readonly signal: AbortSignal;
  /** Called at the start of each use of a lane. */
  readonly onUse: () => void;
  readonly clock: JobClock;
}

export class LanesOfJob implements JobLanes {
  readonly #options: LanesOptions;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  use<T>(work: (lane: LaneClient, threads: number) => Promise<T>, on?: LaneClient): Promise<T> {
    const { pool, job, signal, onUse, clock } = this.#options;
    const timed = (lane: LaneClient, threads: number): Promise<T> => {
      onUse();
      return clock.onLane(lane, () => work(lane, threads));
    };
    return pool.use(job, signal, timed, on);
  }

  assemble<T>(work: () => T): T {
    return this.#options.clock.assemble(work);
  }

  pin(): PinnedLane {
    const { pool } = this.#options;
    const lane = pool.pin();
    return {
      lane,
      threads: pool.threadsPerLane,
      cleanUp: (work) => pool.cleanUp(lane, work),
      [Symbol.dispose]: () => pool.unpin(lane),
    };
  }
}
