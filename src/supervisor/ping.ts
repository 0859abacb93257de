/** Asks a runner again and again whether it still handles messages, and notices when it does not. */

/**
 * Ticks in the longest time that a ping may stay unanswered. Ticks are counted instead of reading a clock: while the
 * machine sleeps, or this process is busy or stopped, no ticks pass, so an answer that waits to be read is read first.
 */
const ticksMax = 10;

export class Ping {
  readonly #tickMs: number;
  readonly #send: () => void;
  readonly #onHung: () => void;
  #timer: Timer | null = null;
  #isAnswered = true;
  #ticksUnanswered = 0;

  /** `msMax` 0: never pings. */
  constructor(msMax: number, send: () => void, onHung: () => void) {
    this.#tickMs = msMax / ticksMax;
    this.#send = send;
    this.#onHung = onHung;
  }

  start(): void {
    if (this.#tickMs > 0) this.#timer ??= setInterval(() => this.#tick(), this.#tickMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  answered(): void {
    this.#isAnswered = true;
    this.#ticksUnanswered = 0;
  }

  /** One ping is under way at a time: pings do not pile up in the channel of a hung runner. */
  #tick(): void {
    if (this.#isAnswered) {
      this.#isAnswered = false;
      this.#send();
    } else if (++this.#ticksUnanswered >= ticksMax) {
      this.stop();
      this.#onHung();
    }
  }
}
