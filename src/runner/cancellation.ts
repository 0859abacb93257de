/** Cancels a job in two ways: sets a flag in shared memory for native code, and aborts a signal for code that waits. */

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
