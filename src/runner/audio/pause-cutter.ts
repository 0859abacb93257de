/** Cuts audio at its quietest positions. Jobs without voice activity use this cutter. */
import type { Cutter } from "./chunker.ts";
import { Pauses } from "./pauses.ts";
import type { Span } from "./span.ts";

export class PauseCutter implements Cutter {
  readonly #pauses: Pauses;
  readonly #lengthMax: number;
  #start = 0;
  #end = 0;
  #finished = false;

  constructor(sampleRate: number, chunkMaxS: number) {
    this.#pauses = new Pauses(sampleRate);
    this.#lengthMax = Math.floor(chunkMaxS * sampleRate);
  }

  get keepFrom(): number {
    return this.#start;
  }

  push(samples: Float32Array): void {
    this.#pauses.push(samples);
    this.#end += samples.length;
  }

  finish(): void {
    this.#finished = true;
  }

  /**
   * Returns the span of the next chunk; null if more samples are needed or no audio is left. If the remaining audio
   * fits into one chunk, the audio is not cut.
   */
  next(): Span | null {
    const start = this.#start;
    const rest = this.#end - start;
    if (rest === 0 || (rest <= this.#lengthMax && !this.#finished)) return null;
    this.#start =
      rest <= this.#lengthMax
        ? this.#end
        : this.#pauses.deepest({ start, end: start + this.#lengthMax });
    this.#pauses.forget(this.#start);
    return { start, end: this.#start };
  }
}
