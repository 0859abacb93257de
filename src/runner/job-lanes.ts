/**
 * Gives one job access to the lane pool. Passes the id and the abort signal of the job to the pool. Measures the time
 * for which the job uses lanes.
 */
import type { LaneClient } from "./engine/lane-client.ts";
import type { LanePool } from "./engine/lanes.ts";
import type { JobLanes, PinnedLane } from "./recognizer.ts";

export interface LanesOptions {
  readonly pool: LanePool;
  readonly job: number;
  /** Signal that is aborted when the job is cancelled. The job then stops waiting for a lane. */
  readonly signal: AbortSignal;
  /** Called at the start of each use of a lane. */
  readonly onUse: () => void;
}

export class LanesOfJob implements JobLanes {
  readonly #options: LanesOptions;
  #busyS = 0;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** Total time in seconds for which the job has used lanes. */
  get busyS(): number {
    return this.#busyS;
  }

  use<T>(work: (lane: LaneClient, threads: number) => Promise<T>, on?: LaneClient): Promise<T> {
    const { pool, job, signal, onUse } = this.#options;
    const timed = async (lane: LaneClient, threads: number): Promise<T> => {
      onUse();
      const startMs = performance.now();
      try {
        return await work(lane, threads);
      } finally {
        this.#busyS += (performance.now() - startMs) / 1000;
      }
    };
    return pool.use(job, signal, timed, on);
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
