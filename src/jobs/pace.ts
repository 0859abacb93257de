/** Measures the speed of this server: the seconds of audio that all lanes together transcribe per second. */

/** Assumed speed before the first measurement. The measurements of a few jobs outweigh it. */
const initial = { audioS: 30, busyS: 10 };
/** The weight of a measurement halves over this much busy time. */
const halfLifeS = 60;

export class Pace {
  readonly #now: () => number;
  #audioS = initial.audioS;
  #busyS = initial.busyS;
  /** Busy time since the last job ended. When the next job ends, it is added together with the audio of this job. */
  #sinceEndS = 0;
  #working = 0;
  #busySinceMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Call when a job starts. */
  begin(): void {
    this.#count();
    this.#working++;
  }

  /** Call when a job ends. `audioS`: seconds of its audio that were transcribed. */
  end(audioS: number): void {
    this.#count();
    this.#working--;
    const keep = 0.5 ** (this.#sinceEndS / halfLifeS);
    this.#audioS = this.#audioS * keep + audioS;
    this.#busyS = this.#busyS * keep + this.#sinceEndS;
    this.#sinceEndS = 0;
  }

  /** Seconds of audio per second. */
  get speed(): number {
    return Math.max(this.#audioS, 0.1) / Math.max(this.#busyS, 0.001);
  }

  /** Adds the busy time since the last call. While several jobs run, the time counts only once. */
  #count(): void {
    const nowMs = this.#now();
    if (this.#working > 0) this.#sinceEndS += (nowMs - this.#busySinceMs) / 1000;
    this.#busySinceMs = nowMs;
  }
}
