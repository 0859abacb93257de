/** Gives one job access to the lane pool. Passes the id and the abort signal of the job to the pool. */
import type { LaneClient } from "./engine/lane-client.ts";
import type { LanePool } from "./engine/lanes.ts";
import type { JobClock } from "./job-clock.ts";
import type { JobLanes, LaneWork, PinnedLane } from "./recognizer.ts";
import { StopFlag } from "./stop-flag.ts";

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

  async use<T>(work: LaneWork<T>, on?: LaneClient): Promise<T> {
    const { pool, job, signal, onUse, clock } = this.#options;
    // The work is stopped at most once, so a long job makes progress, however many short jobs arrive.
    let mayStop = on === undefined;
    for (;;) {
      const flag = new StopFlag(signal);
      const stop = mayStop ? () => flag.set() : null;
      const timed = (lane: LaneClient, threads: number): Promise<T> => {
        onUse();
        const use = { threads, cancel: flag.array, remainingS: pool.turns.remainingS(job) };
        return clock.onLane(lane, () => work(lane, use));
      };
      try {
        return await pool.use(job, signal, timed, { on: on ?? null, stop });
      } catch (error) {
        if (!flag.isSet || signal.aborted) throw error;
        mayStop = false;
      } finally {
        flag[Symbol.dispose]();
      }
    }
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
