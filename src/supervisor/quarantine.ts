/** Work that shares a place, and work that must have it to itself. */
import { unlessAborted } from "../platform/abort.ts";

/** Whoever waits to be alone goes before those who would share. */
export class Turns {
  #sharing = 0;
  #isAlone = false;
  readonly #waitingAlone = new Set<() => void>();
  readonly #waitingToShare = new Set<() => void>();

  async shared<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.#isAlone || this.#waitingAlone.size > 0) await wait(this.#waitingToShare, signal);
    this.#sharing++;
    try {
      return await work();
    } finally {
      this.#sharing--;
      this.#wake();
    }
  }

  async alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      while (this.#isAlone || this.#sharing > 0) await wait(this.#waitingAlone, signal);
    } catch (error) {
      // Its wish to be alone may have been all that others waited for.
      this.#wake();
      throw error;
    }
    this.#isAlone = true;
    try {
      return await work();
    } finally {
      this.#isAlone = false;
      this.#wake();
    }
  }

  #wake(): void {
    if (this.#isAlone) return;
    const [first] = this.#waitingAlone;
    if (first === undefined) for (const resume of this.#waitingToShare) resume();
    else if (this.#sharing === 0) first();
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
