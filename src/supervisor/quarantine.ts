/** Runs jobs of one model together, or a quarantined one alone. */
import { unlessAborted } from "../platform/abort.ts";

/** Quarantined jobs go before the jobs that wait to run together. */
export class Quarantine {
  #runningTogether = 0;
  #isOneAlone = false;
  readonly #waitingAlone = new Set<() => void>();
  readonly #waitingTogether = new Set<() => void>();

  /** Runs `work` beside others, when no job is in quarantine or waits for it. */
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

  /** Runs `work` when no other work runs, and starts no other until it ends. */
  async alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      while (this.#isOneAlone || this.#runningTogether > 0) await wait(this.#waitingAlone, signal);
    } catch (error) {
      // Others may have waited only for this job.
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
