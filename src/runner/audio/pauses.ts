/** Finds the quietest position in a stream, where a cut does the least harm. */
import type { Span } from "./span.ts";

/**
 * Fraction of a span in which a cut is allowed. This part is at the end of the span, because an earlier cut would leave
 * much of the engine's window empty.
 */
const searchPart = 0.4;
/**
 * Length in seconds over which energy is averaged. It is as long as a breath, and longer than the silence inside a
 * consonant.
 */
const pauseS = 0.3;
const frameS = 0.01;
/** Value that is added to the power before its logarithm is computed, because the power of digital silence is 0. */
const minPower = 1e-12;
/**
 * Preference for later positions, in dB per second. A position that is one second later is preferred even if it is
 * louder by this value.
 */
const earlinessDbPerS = 0.5;
/** Levels in dB below this value count as silence. Among silent positions, a quieter position is not better. */
const floorDb = -70;
/** In quiet audio, a stretch that is this number of dB quieter than the loudest stretch counts as silence. */
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
   * Discards the energies before this position. After this call, `deepest` must not be called for a span that starts
   * before this position.
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
