/**
 * Converts audio from 24 kHz to 16 kHz for voice activity. The quality is sufficient for the network of voice activity,
 * which uses windows of 32 ms, but not for a speech model.
 */

/** The downsampler outputs `into` samples for every `from` input samples. */
const into = 2;
const from = 3;
/**
 * Number of input samples on each side of an output sample. The filter passes frequencies up to 7 kHz and blocks
 * frequencies from 9 kHz.
 */
const side = 24;

/**
 * Converts a stream. The stream may be passed in parts of any length. The output sample with index n is at position 1.5
 * n of the input.
 */
export class Downsampler {
  /**
   * Stored input samples. The first stored sample has the index `#first` in the stream. Samples before the start of the
   * stream are 0.
   */
  #held = new Float32Array(side);
  #first = -side;
  #next = 0;

  push(samples: Float32Array): Float32Array {
    const held = new Float32Array(this.#held.length + samples.length);
    held.set(this.#held);
    held.set(samples, this.#held.length);
    this.#held = held;
    return this.#take();
  }

  /** Returns the output that remains after the last input. */
  finish(): Float32Array {
    return this.push(new Float32Array(side));
  }

  #take(): Float32Array {
    const end = this.#first + this.#held.length;
    const last = Math.floor(((end - side - 1) * into) / from);
    const out = new Float32Array(Math.max(0, last + 1 - this.#next));
    for (let i = 0; i < out.length; i++) {
      const numerator = (this.#next + i) * from;
      const at = Math.floor(numerator / into);
      const filter = filters[numerator % into]!;
      const start = at - side + 1 - this.#first;
      let sum = 0;
      for (let k = 0; k < filter.length; k++) sum += filter[k]! * this.#held[start + k]!;
      out[i] = sum;
    }
    this.#next += out.length;
    this.#forget(Math.floor((this.#next * from) / into) - side + 1);
    return out;
  }

  #forget(before: number): void {
    const n = Math.min(this.#held.length, before - this.#first);
    this.#held = this.#held.slice(n);
    this.#first += n;
  }
}

// --- internal ---

/**
 * Two filters. The first one is for output samples at the position of an input sample. The second one is for output
 * samples halfway between two input samples. Each filter is a windowed sinc with a cutoff of 8 kHz.
 */
const filters = [0, 0.5].map((fraction) => {
  const cutoff = into / from;
  const taps = Float32Array.from({ length: 2 * side }, (_, k) => {
    const t = k - side + 1 - fraction;
    const x = Math.PI * t * cutoff;
    const sinc = t === 0 ? 1 : Math.sin(x) / x;
    return cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * t) / (side + 1)));
  });
  const gain = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / gain);
});
