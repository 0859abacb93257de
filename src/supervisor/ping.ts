/** Sends pings to a runner at regular intervals, and reports when the runner no longer responds. */

/**
 * If a runner has not answered a ping after this number of ticks, the runner counts as hung.
 *
 * Ticks are used instead of clock time. While the machine sleeps or this process is stopped, time passes, but this
 * process cannot read an answer that has arrived. No tick occurs in this time.
 */
const ticksMax = 10;

export class Ping {
  readonly #tickMs: number;
  readonly #send: () => void;
  readonly #onHung: () => void;
  #timer: Timer | null = null;
  #isAnswered = true;
  #ticksUnanswered = 0;

  /** `msMax` is the maximum time for an answer, in milliseconds. 0 disables pings. */
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

  /** Sends a ping only if the previous ping was answered, so that pings do not fill the channel of a hung runner. */
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
