/** Stops one use of a lane: a flag in shared memory that the engine reads. A cancel of the job sets it, too. */
export class StopFlag implements Disposable {
  readonly array = new Int32Array(new SharedArrayBuffer(4));
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.set();

  /** `signal` is aborted when the job is cancelled. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    if (signal.aborted) this.set();
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  get isSet(): boolean {
    return this.array[0] !== 0;
  }

  set(): void {
    Atomics.store(this.array, 0, 1);
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}
