/** How loud a stream is, so that it can be cut where it is quietest. */
import type { Span } from "./span.ts";

/** Pauses are sought in the last part of a span: earlier ones would make chunks that waste an engine's window. */
const searchPart = 0.4;
/** Energies are compared over this long: a breath, not the closure of a consonant. */
const pauseS = 0.3;
const frameS = 0.01;
/** Stands for the logarithm of digital silence, which has none. */
const minPower = 1e-12;
/** A later cut is worth a slightly shallower pause. */
const earlinessDbPerS = 0.5;
/** What is quieter counts as silence: full silence is no better a place to cut. */
const floorDb = -70;
/** In quiet audio, silence lies this far under the loudest stretch. */
const silenceUnderLoudestDb = 40;

/** Positions count samples from the first one pushed. */
export class Pauses {
  readonly #frame: number;
  /** Of the frames from number `#first` on. */
  readonly #energies: number[] = [];
  #first = 0;
  /** Of the frame that is not full yet, and how many samples it has. */
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

  /** Spans before it will not be asked about. */
  forget(before: number): void {
    const frames = Math.max(0, Math.floor(before / this.#frame) - this.#first);
    this.#energies.splice(0, frames);
    this.#first += frames;
  }

  /** The middle of the quietest stretch in the last part of a span, all of which was pushed. */
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

  /** Mean power of each stretch of so many frames, in dB. */
  #levels(energies: readonly number[], width: number): number[] {
    let sum = 0;
    return energies.flatMap((energy, last) => {
      sum += energy - (energies[last - width] ?? 0);
      if (last < width - 1) return [];
      return 10 * Math.log10(Math.max(sum, 0) / (width * this.#frame) + minPower);
    });
  }
}
