/** Finds the quietest position in a stream, where a cut does the least harm. */
import type { Span } from "./span.ts";

/**
 * A cut is allowed only in the last part of a span, because an earlier cut would leave much of the engine's window
 * empty. This is the length of that part, as a fraction of the span.
 */
const searchPart = 0.4;
/**
 * Length in seconds of the stretches whose power is compared. A stretch is as long as a breath, and longer than the
 * silence inside a consonant.
 */
const pauseS = 0.3;
const frameS = 0.01;
/**
 * Number that is added to the power before the logarithm is computed. The power of digital silence is 0, and 0 has no
 * logarithm.
 */
const minPower = 1e-12;
/**
 * Preference for later positions, in dB per second. A later position may be louder by this value for each second that
 * it is later.
 */
const earlinessDbPerS = 0.5;
/** A stretch whose level in dB is below this value counts as silence. All silent stretches count as equally quiet. */
const floorDb = -70;
/**
 * In quiet audio, `floorDb` is too high. There, a stretch counts as silence if it is this number of dB quieter than the
 * loudest stretch.
 */
const silenceUnderLoudestDb = 40;

/** Finds the quietest position of a span. Positions count samples from the first pushed sample. */
export class Pauses {
  readonly #frame: number;
  /** Energies of the stored frames. The first stored frame has the index `#first` in the stream. */
  readonly #energies: number[] = [];
  #first = 0;
  /** Energy of the incomplete frame. `#filled` is its number of samples. */
  #energy = 0;
  #filled = 0;

  constructor(sampleRate: number) {
    this.#frame = Math.round(frameS * sampleRate);
  }

  push(samples: Float32Array): void {
    for (const sample of samples) {
      this.#energy += sample * sample;
      if (++this.#filled === this.#frame) {
        this.#energies.push(this.#energy);
        this.#energy = 0;
        this.#filled = 0;
      }
    }
  }

  /**
   * Discards the energies before this position. After this call, no span that starts before this position may be passed
   * to `deepest`.
   */
  forget(before: number): void {
    const frames = Math.max(0, Math.floor(before / this.#frame) - this.#first);
    this.#energies.splice(0, frames);
    this.#first += frames;
  }

  /**
   * Returns the middle of the quietest stretch in the last part of a span. All samples of the span must have been
   * pushed.
   */
  deepest({ start, end }: Span): number {
    const width = Math.round(pauseS / frameS);
    const from = Math.ceil((start + (end - start) * (1 - searchPart)) / this.#frame);
    const to = Math.floor(end / this.#frame);
    const energies = this.#energies.slice(from - this.#first, to - this.#first);
    const levels = this.#levels(energies, width);
    const floor = Math.min(floorDb, Math.max(...levels) - silenceUnderLoudestDb);
    let best = energies.length;
    let bestCost = Infinity;
    for (const [index, level] of levels.entries()) {
      const last = index + width - 1;
      const cost = Math.max(floor, level) + (energies.length - last) * frameS * earlinessDbPerS;
      if (cost <= bestCost) {
        bestCost = cost;
        best = last - Math.floor(width / 2);
      }
    }
    return (from + best) * this.#frame;
  }

  /** Returns the mean power of each stretch of `width` frames, in dB. */
  #levels(energies: readonly number[], width: number): number[] {
    let sum = 0;
    return energies.flatMap((energy, last) => {
      sum += energy - (energies[last - width] ?? 0);
      if (last < width - 1) return [];
      return 10 * Math.log10(Math.max(sum, 0) / (width * this.#frame) + minPower);
    });
  }
}
