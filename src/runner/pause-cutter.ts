/** Cuts audio where it is quietest: used when voice activity is switched off. */
import type { Cutter, Span } from "./chunker.ts";

/** Cuts lie in the last part of what fits into a chunk. */
const searchPart = 0.4;
/** Energies are compared over this long: a breath, not the closure of a consonant. */
const pauseS = 0.3;
const frameS = 0.01;
/** A later cut is worth a slightly shallower pause. */
const earlinessDbPerS = 0.5;
const floorDb = -70;

export class PauseCutter implements Cutter {
  readonly #frame: number;
  readonly #framesMax: number;
  /** Of the frames from `#start` on. */
  readonly #energies: number[] = [];
  #start = 0;
  #end = 0;
  #finished = false;
  /** Of the frame that is not full yet. */
  #energy = 0;

  constructor(sampleRate: number, chunkMaxS: number) {
    this.#frame = Math.round(frameS * sampleRate);
    this.#framesMax = Math.floor((chunkMaxS * sampleRate) / this.#frame);
  }

  get keepFrom(): number {
    return this.#start;
  }

  push(samples: Float32Array): void {
    for (const sample of samples) {
      this.#energy += sample * sample;
      if (++this.#end % this.#frame === 0) {
        this.#energies.push(this.#energy);
        this.#energy = 0;
      }
    }
  }

  finish(): void {
    this.#finished = true;
  }

  /** What fits into a chunk is cut no further. */
  next(): Span | null {
    const start = this.#start;
    const rest = this.#end - start;
    if (rest === 0) return null;
    if (this.#finished && rest <= this.#framesMax * this.#frame) {
      this.#start = this.#end;
      return { start, end: this.#end };
    }
    if (this.#energies.length < this.#framesMax) return null;
    const frames = this.#deepestPause();
    this.#energies.splice(0, frames);
    this.#start += frames * this.#frame;
    return { start, end: this.#start };
  }

  /** Frames before the middle of the quietest stretch. */
  #deepestPause(): number {
    const width = Math.round(pauseS / frameS);
    const from = Math.floor(this.#framesMax * (1 - searchPart));
    const energies = this.#energies.slice(from, this.#framesMax);
    let sum = 0;
    let best = energies.length;
    let bestCost = Infinity;
    for (let end = 0; end < energies.length; end++) {
      sum += energies[end]! - (energies[end - width] ?? 0);
      if (end < width - 1) continue;
      const power = Math.max(sum, 0) / (width * this.#frame);
      const db = Math.max(floorDb, 10 * Math.log10(power + 1e-12));
      const cost = db + (energies.length - end) * frameS * earlinessDbPerS;
      if (cost <= bestCost) {
        bestCost = cost;
        best = end - Math.floor(width / 2);
      }
    }
    return from + best;
  }
}
