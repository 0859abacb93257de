/** Stores the probabilities of speech that voice activity computes, one for each window of the audio. */

/** Length of a window in seconds: 512 samples at 16 kHz (ffi/audio/asr_vad.h). */
const windowS = 512 / 16_000;

/** Probabilities of speech of successive windows. */
export interface SpeechProbs {
  /** Number of the first window, counted from the start of the file. */
  readonly firstWindow: number;
  readonly probs: Float32Array;
}

/** Stores the probabilities of a part of a file. Times are seconds from the start of the file. */
export class SpeechRecord {
  readonly #windowsMax: number;
  #firstWindow = 0;
  #probs: number[] = [];

  /**
   * `keptMaxS` is the maximum length in seconds of the audio whose probabilities are stored. If the limit is reached,
   * discards the oldest probabilities.
   */
  constructor(keptMaxS = Infinity) {
    this.#windowsMax = Math.ceil(keptMaxS / windowS);
  }

  /**
   * Adds probabilities after the stored ones. If some of the windows are already stored, skips these windows. If there
   * is a gap after the stored windows, discards the stored probabilities.
   */
  add({ firstWindow, probs }: SpeechProbs): void {
    const end = this.#firstWindow + this.#probs.length;
    if (firstWindow > end) {
      this.#firstWindow = firstWindow;
      this.#probs = [];
    }
    for (const prob of probs.subarray(Math.max(0, end - firstWindow))) this.#probs.push(prob);
    this.#discard(this.#probs.length - this.#windowsMax);
  }

  /** Adds the probabilities of the next windows. */
  append(probs: Float32Array): void {
    this.add({ firstWindow: this.#firstWindow + this.#probs.length, probs });
  }

  /** Discards the windows that end before `timeS`. */
  forget(timeS: number): void {
    this.#discard(Math.floor(timeS / windowS) - this.#firstWindow);
  }

  /** Returns the probabilities of the windows that overlap a span. */
  within(startS: number, endS: number): SpeechProbs {
    const first = Math.max(Math.floor(startS / windowS), this.#firstWindow);
    // A span of length 0 overlaps one window.
    const end = Math.max(Math.floor(startS / windowS) + 1, Math.ceil(endS / windowS));
    const probs = this.#probs.slice(
      first - this.#firstWindow,
      Math.max(0, end - this.#firstWindow),
    );
    return { firstWindow: first, probs: Float32Array.from(probs) };
  }

  /** Returns the mean probability of the windows that overlap a span; null if the record has none of these windows. */
  mean(startS: number, endS: number): number | null {
    const { probs } = this.within(startS, endS);
    return probs.length === 0 ? null : probs.reduce((sum, prob) => sum + prob, 0) / probs.length;
  }

  #discard(windows: number): void {
    const n = Math.min(this.#probs.length, Math.max(0, windows));
    this.#probs.splice(0, n);
    this.#firstWindow += n;
  }
}
