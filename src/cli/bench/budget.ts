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

/** A measurement ends its last requests after its part of the time. All measurements end after twice the time. */
export class Budget implements Disposable {
  readonly #seconds: number;
  readonly #stop: AbortSignal;
  readonly #expired = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #missed: string[] = [];

  constructor(seconds: number, stop: AbortSignal) {
    this.#seconds = seconds;
    this.#stop = stop;
    this.#timer = setTimeout(() => this.#expired.abort(), 2 * seconds * 1000);
  }

  /** Explanations of the measurements that did not end in time. */
  get notes(): readonly string[] {
    if (this.#missed.length === 0) return [];
    const limit = `not measured within ${2 * this.#seconds} s; try --seconds ${4 * this.#seconds}`;
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
    const shareS = share * this.#seconds;
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
