/** Decides which jobs of one model run at the same time. A quarantined job runs alone. All other jobs run together. */
import { unlessAborted } from "../platform/abort.ts";

/** Runs the jobs of one model together or alone. A waiting quarantined job starts before all other waiting jobs. */
export class Quarantine {
  #runningTogether = 0;
  #isOneAlone = false;
  readonly #waitingAlone = new Set<() => void>();
  readonly #waitingTogether = new Set<() => void>();

  /** Runs `work` together with other jobs. If a quarantined job runs or waits, first waits for the end of that job. */
  async together<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.#isOneAlone || this.#waitingAlone.size > 0) {
      await wait(this.#waitingTogether, signal);
    }
    this.#runningTogether++;
    try {
      return await work();
    } finally {
      this.#runningTogether--;
      this.#wake();
    }
  }

  /** Waits until no other job runs, then runs `work` alone. No other job starts before `work` ends. */
  async alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      while (this.#isOneAlone || this.#runningTogether > 0) await wait(this.#waitingAlone, signal);
    } catch (error) {
      // This job no longer waits. Wakes the other jobs, because they may have waited only for this job.
      this.#wake();
      throw error;
    }
    this.#isOneAlone = true;
    try {
      return await work();
    } finally {
      this.#isOneAlone = false;
      this.#wake();
    }
  }

  #wake(): void {
    if (this.#isOneAlone) return;
    const [first] = this.#waitingAlone;
    if (first === undefined) for (const resume of this.#waitingTogether) resume();
    else if (this.#runningTogether === 0) first();
  }
}

// --- internal ---

async function wait(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.add(resolve);
  try {
    await unlessAborted(promise, signal);
  } finally {
    waiting.delete(resolve);
  }
}
