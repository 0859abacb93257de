/** Divides the measuring time of a model among the measurements. */
import { AsrError } from "../../errors.ts";

export interface Limit {
  /** Signal that is aborted when the measurement must end at once. */
  readonly signal: AbortSignal;
  /** Returns whether the measurement has used its part of the time and must not start another request. */
  readonly isOver: () => boolean;
  /** Part of the time that this measurement may use, in seconds. */
  readonly shareS: number;
}

export interface BudgetTimes {
  /**
   * Time for all measurements of a model together, in seconds. A measurement that has used its part of this time starts
   * no further request.
   */
  readonly seconds: number;
  /**
   * Time limit for all measurements of a model together, in seconds. At this time, the running measurement is aborted
   * and no other measurement starts.
   */
  readonly limitS: number;
}

/**
 * Returns the times for the value of the flag `--seconds`. The limit is twice this value, but at least 30 s more than
 * this value, because a slow model can need more time for its minimum number of requests.
 */
export function timesFor(seconds: number): BudgetTimes {
  return { seconds, limitS: seconds + Math.max(seconds, graceS) };
}

export class Budget implements Disposable {
  readonly #times: BudgetTimes;
  readonly #stop: AbortSignal;
  readonly #expired = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #missed: string[] = [];

  /** The signal `stop` is aborted when the user stops the benchmark. */
  constructor(times: BudgetTimes, stop: AbortSignal) {
    this.#times = times;
    this.#stop = stop;
    this.#timer = setTimeout(() => this.#expired.abort(), times.limitS * 1000);
  }

  /**
   * Note for the report with the names of the measurements that did not end before the time limit. Empty when all
   * measurements ended in time.
   */
  get notes(): readonly string[] {
    if (this.#missed.length === 0) return [];
    const { limitS } = this.#times;
    const limit = `not measured within ${limitS} s; try --seconds ${2 * limitS}`;
    return [`${this.#missed.join(", ")}: ${limit}`];
  }

  /**
   * Runs a measurement. When the time limit is reached, returns null and adds the measurement to `notes`. Throws the
   * errors of the measurement, and an AsrError when the user stops the benchmark.
   */
  async run<T>(
    what: string,
    share: number,
    measure: (limit: Limit) => Promise<T>,
  ): Promise<T | null> {
    const shareS = share * this.#times.seconds;
    const endMs = performance.now() + shareS * 1000;
    const signal = AbortSignal.any([this.#stop, this.#expired.signal]);
    const isOver = (): boolean => performance.now() >= endMs;
    try {
      if (!signal.aborted) return await measure({ signal, isOver, shareS });
    } catch (error) {
      if (!this.#expired.signal.aborted || this.#stop.aborted) throw error;
    }
    if (this.#stop.aborted)
      throw new AsrError("client_closed_request", "The benchmark was stopped");
    this.#missed.push(what);
    return null;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

// --- internal ---

const graceS = 30;
