/** Bounds what may wait for one model, and tells those who are refused when to come back. */
import { AsrError } from "./errors.ts";

/** Weight of the newest job in the running mean of how long jobs take. */
const newestWeight = 0.2;

export class Admission {
  readonly #lanes: number;
  readonly #waitingMax: number;
  #inside = 0;
  #meanJobS = 1;

  constructor(lanes: number, waitingMax: number) {
    this.#lanes = lanes;
    this.#waitingMax = waitingMax;
  }

  /** Runs `work` when there is room for it, else throws AsrError `server_busy`. */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#lanes + this.#waitingMax) throw this.#busy();
    this.#inside++;
    const start = performance.now();
    try {
      return await work();
    } finally {
      // Jobs share the lanes: the time of one counts by its share.
      const s = (performance.now() - start) / 1000 / Math.max(1, this.#inside / this.#lanes);
      this.#meanJobS += (s - this.#meanJobS) * newestWeight;
      this.#inside--;
    }
  }

  #busy(): AsrError {
    const waitS = Math.ceil((this.#waitingMax / this.#lanes / 2) * this.#meanJobS);
    return new AsrError(
      "server_busy",
      `Cannot take the request: ${this.#inside} are being worked on or waiting (OPEN_ASR_SERVER_QUEUE_MAX); come back in ${Math.max(1, waitS)} s`,
      { retryAfterS: Math.min(60, Math.max(1, waitS)) },
    );
  }
}
