/** Measures the speed of this server: seconds of audio transcribed per second, by all lanes together. */

/** The assumed speed before the first measurement: a few jobs soon outweigh it. */
const guess = { audioS: 30, busyS: 10 };
/** Busy time after which a measurement has half its weight. Jobs without busy time change nothing. */
const halfLifeS = 60;

export class Pace {
  readonly #now: () => number;
  #audioS = guess.audioS;
  #busyS = guess.busyS;
  /** Busy time since the last job ended. It counts together with the audio of the next job that ends. */
  #sinceEndS = 0;
  #working = 0;
  #busySinceMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A job starts. */
  begin(): void {
    this.#count();
    this.#working++;
  }

  /** A job ends; lanes have transcribed `audioS` of its audio. */
  end(audioS: number): void {
    this.#count();
    this.#working--;
    const keep = 0.5 ** (this.#sinceEndS / halfLifeS);
    this.#audioS = this.#audioS * keep + audioS;
    this.#busyS = this.#busyS * keep + this.#sinceEndS;
    this.#sinceEndS = 0;
  }

  /** Seconds of audio a second. */
  get speed(): number {
    return Math.max(this.#audioS, 0.1) / Math.max(this.#busyS, 0.001);
  }

  /** Time in which several jobs run counts once. */
  #count(): void {
    const nowMs = this.#now();
    if (this.#working > 0) this.#sinceEndS += (nowMs - this.#busySinceMs) / 1000;
    this.#busySinceMs = nowMs;
  }
}
