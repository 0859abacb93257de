/** Cancels a job. Native code reads a flag in shared memory. Code that waits receives an abort signal. */

export class Cancellation {
  readonly cancelFlag = new Int32Array(new SharedArrayBuffer(4));
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    Atomics.store(this.cancelFlag, 0, 1);
    this.#controller.abort();
  }
}
