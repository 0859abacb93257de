/** Does a piece of work once, when the process is idle. Stops the work when the process gets a job. */

export interface WhileIdleOptions {
  /** The process must have been idle for this number of milliseconds before the work starts. */
  readonly idleMs: number;
  /** Rejects when `signal` is aborted. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Called when the work fails, and not because it was stopped. The work is then not tried again. */
  readonly onFailure: (error: unknown) => void;
}

export class WhileIdle {
  readonly #options: WhileIdleOptions;
  #timer: Timer | null = null;
  /** Stops the running work. Null while no work runs. */
  #running: AbortController | null = null;
  #isBusy = true;
  #isDone = false;

  constructor(options: WhileIdleOptions) {
    this.#options = options;
  }

  /** Call this when the process has no job. The process starts busy, because it first loads its model. */
  idle(): void {
    this.#isBusy = false;
    this.#wait();
  }

  /** Call this before each job. Stops the work, which starts again from the beginning when the process is idle. */
  busy(): void {
    this.#isBusy = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#running?.abort();
  }

  #wait(): void {
    if (this.#isDone || this.#isBusy || this.#running !== null || this.#timer !== null) return;
    this.#timer = setTimeout(() => void this.#work(), this.#options.idleMs);
  }

  async #work(): Promise<void> {
    this.#timer = null;
    const running = new AbortController();
    this.#running = running;
    try {
      await this.#options.work(running.signal);
      this.#isDone = true;
    } catch (error) {
      this.#isDone = !running.signal.aborted;
      if (this.#isDone) this.#options.onFailure(error);
    } finally {
      this.#running = null;
      this.#wait();
    }
  }
}
