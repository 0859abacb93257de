/** Divides the time for a model among its measurements. */
import { AsrError } from "../../errors.ts";

export interface Limit {
  /** Aborted when the measurement must end at once. */
  readonly signal: AbortSignal;
  /** Whether the measurement has used its part of the time, and must not start another request. */
  readonly isOver: () => boolean;
  /** The part of the time of this measurement, in seconds. */
  readonly shareS: number;
}

export interface BudgetTimes {
  /** Time for all measurements of a model, in seconds. Each measurement has a part of it, and then starts no request. */
  readonly seconds: number;
  /** Time in seconds after which the running measurement is aborted, and no other one starts. */
  readonly limitS: number;
}

/**
 * Returns the times for the flag `--seconds`. The limit is twice the time, but at least 30 s longer, because a slow model
 * needs more than its time for the smallest number of requests.
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

  /** `stop` is aborted when the user stops the benchmark. */
  constructor(times: BudgetTimes, stop: AbortSignal) {
    this.#times = times;
    this.#stop = stop;
    this.#timer = setTimeout(() => this.#expired.abort(), times.limitS * 1000);
  }

  /** Explanations of the measurements that did not end in time. */
  get notes(): readonly string[] {
    if (this.#missed.length === 0) return [];
    const { limitS } = this.#times;
    const limit = `not measured within ${limitS} s; try --seconds ${2 * limitS}`;
    return [`${this.#missed.join(", ")}: ${limit}`];
  }

  /**
   * Runs a measurement. Returns null, and notes the reason, when it did not end in time. Throws the errors of the
   * measurement, and `abortError` when the user stops the benchmark.
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
