/**
 * Measures the speed of this server: the seconds of audio that all lanes together transcribe per second of busy time.
 * Time is busy while at least one job runs.
 */

/**
 * Assumed values before the first measurement, in seconds of audio and seconds of busy time. After a few jobs, the
 * measured values outweigh the assumed values.
 */
const initial = { audioS: 30, busyS: 10 };
/** Busy time in seconds after which the weight of a measurement is halved. */
const halfLifeS = 60;

export class Pace {
  readonly #now: () => number;
  #audioS = initial.audioS;
  #busyS = initial.busyS;
  /**
   * Busy time in seconds since the last job ended. When the next job ends, this time and the length of the audio of
   * that job are added to the measurement.
   */
  #sinceEndS = 0;
  #isMeasured = false;
  #working = 0;
  #busySinceMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Call this when a job starts. */
  begin(): void {
    this.#count();
    this.#working++;
  }

  /** Call this when a job ends. `audioS` is the length in seconds of its transcribed audio. */
  end(audioS: number): void {
    this.#count();
    this.#working--;
    const keep = 0.5 ** (this.#sinceEndS / halfLifeS);
    this.#audioS = this.#audioS * keep + audioS;
    this.#busyS = this.#busyS * keep + this.#sinceEndS;
    this.#sinceEndS = 0;
    this.#isMeasured ||= audioS > 0;
  }

  /** Whether a job with audio has ended. Before that, the speed is assumed. */
  get isMeasured(): boolean {
    return this.#isMeasured;
  }

  /** Measured speed, in seconds of audio per second of busy time. */
  get speed(): number {
    return Math.max(this.#audioS, 0.1) / Math.max(this.#busyS, 0.001);
  }

  /** Adds the busy time since the previous call. Time in which several jobs run counts only once. */
  #count(): void {
    const nowMs = this.#now();
    if (this.#working > 0) this.#sinceEndS += (nowMs - this.#busySinceMs) / 1000;
    this.#busySinceMs = nowMs;
  }
}
