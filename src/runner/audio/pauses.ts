/** Finds the quietest position in a stream, where a cut does the least harm. */
import type { Span } from "./span.ts";

/** Only this last part of a span is searched. An earlier cut would leave much of the engine's window empty. */
const searchPart = 0.4;
/** Energy is averaged over this length: as long as a breath, and longer than the silence inside a consonant. */
const pauseS = 0.3;
const frameS = 0.01;
/** Added to the power, because digital silence has no logarithm. */
const minPower = 1e-12;
/** Per second that a pause is later, it may be louder by this and is still preferred. */
const earlinessDbPerS = 0.5;
/** Levels below this count as silence; quieter audio is not a better position to cut. */
const floorDb = -70;
/** In quiet audio, levels this far below the loudest stretch count as silence. */
const silenceUnderLoudestDb = 40;

/** Positions count samples from the first one pushed. */
export class Pauses {
  readonly #frame: number;
  /** Energy of each frame from number `#first` on. */
  readonly #energies: number[] = [];
  #first = 0;
  /** Energy of the incomplete frame, and its number of samples. */
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

  /** No later span starts before this position. */
  forget(before: number): void {
    const frames = Math.max(0, Math.floor(before / this.#frame) - this.#first);
    this.#energies.splice(0, frames);
    this.#first += frames;
  }

  /** The middle of the quietest stretch in the last part of a span. All of the span must have been pushed. */
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

  /** Mean power of each stretch of `width` frames, in dB. */
  #levels(energies: readonly number[], width: number): number[] {
    let sum = 0;
    return energies.flatMap((energy, last) => {
      sum += energy - (energies[last - width] ?? 0);
      if (last < width - 1) return [];
      return 10 * Math.log10(Math.max(sum, 0) / (width * this.#frame) + minPower);
    });
  }
}
