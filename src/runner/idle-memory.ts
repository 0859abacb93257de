/**
 * Gives freed memory back to the system while the process is idle. The C library keeps what an engine has freed, because the
 * engine allocates it again for the next chunk. After many requests at the same time, that is several times the memory of
 * the model.
 */
import { giveBackFreedMemory } from "./engine/freed-memory.ts";

/** To get the memory again takes some ten milliseconds, so the process must have been idle for this time. */
const defaultIdleMs = 10_000;

export class IdleMemory {
  readonly #onRelease: () => void;
  readonly #idleMs: number;
  #timer: Timer | null = null;

  /** `onRelease` is called after memory was given back. */
  constructor(onRelease: () => void, idleMs = defaultIdleMs) {
    this.#onRelease = onRelease;
    this.#idleMs = idleMs;
  }

  /** Call this when the process has no job. */
  idle(): void {
    this.busy();
    this.#timer = setTimeout(() => {
      Bun.gc(true);
      giveBackFreedMemory();
      this.#onRelease();
    }, this.#idleMs);
  }

  /** Call this before each job. */
  busy(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
