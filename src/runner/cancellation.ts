/** The end of a job before its time: threads inside native code see a word in shared memory, whoever waits a signal. */

export class Cancellation {
  readonly word = new Int32Array(new SharedArrayBuffer(4));
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    Atomics.store(this.word, 0, 1);
    this.#controller.abort();
  }
}
