/** Cuts a stream of samples into chunks an engine takes at once, at the deepest pause near the longest length. */

export interface AudioChunk {
  /** Mono float32, in shared memory: the engine reads it from its own thread. */
  readonly samples: Float32Array<SharedArrayBuffer>;
  readonly startS: number;
  readonly durationS: number;
}

/** Cuts lie in the last part of what fits into a chunk. */
const searchPart = 0.4;
/** Energies are compared over this long: a breath, not the closure of a consonant. */
const pauseS = 0.3;
const frameS = 0.01;
/** A later cut is worth a slightly shallower pause. */
const earlinessDbPerS = 0.5;
const floorDb = -70;

export class Chunker {
  readonly #sampleRate: number;
  readonly #pending: Float32Array;
  #length = 0;
  #startSample = 0;

  constructor(sampleRate: number, chunkMaxS: number) {
    this.#sampleRate = sampleRate;
    this.#pending = new Float32Array(Math.floor(sampleRate * chunkMaxS));
  }

  /** Seconds taken in so far. */
  get durationS(): number {
    return (this.#startSample + this.#length) / this.#sampleRate;
  }

  /** Where the next samples belong; empty when a chunk must be taken first. */
  get room(): Float32Array {
    return this.#pending.subarray(this.#length);
  }

  /** Counts `n` samples that were written to the front of `room`. */
  advance(n: number): void {
    this.#length += n;
  }

  /** The next chunk: up to a pause while more audio may follow, all that is left at the end, null when nothing is. */
  take(atEnd: boolean): AudioChunk | null {
    if (this.#length === 0) return null;
    const n = atEnd ? this.#length : this.#deepestPause();
    const samples = new Float32Array(new SharedArrayBuffer(n * Float32Array.BYTES_PER_ELEMENT));
    samples.set(this.#pending.subarray(0, n));
    const startS = this.#startSample / this.#sampleRate;
    this.#pending.copyWithin(0, n, this.#length);
    this.#length -= n;
    this.#startSample += n;
    return { samples, startS, durationS: n / this.#sampleRate };
  }

  #deepestPause(): number {
    const frame = Math.round(frameS * this.#sampleRate);
    const width = Math.round(pauseS / frameS);
    const from = Math.floor((this.#length * (1 - searchPart)) / frame);
    const energies = frameEnergies(this.#pending.subarray(from * frame, this.#length), frame);

    let sum = 0;
    let best = energies.length;
    let bestCost = Infinity;
    for (let end = 0; end < energies.length; end++) {
      sum += energies[end]! - (energies[end - width] ?? 0);
      if (end < width - 1) continue;
      const db = Math.max(floorDb, 10 * Math.log10(Math.max(sum, 0) / (width * frame) + 1e-12));
      const cost = db + (energies.length - end) * frameS * earlinessDbPerS;
      if (cost <= bestCost) {
        bestCost = cost;
        best = end - Math.floor(width / 2);
      }
    }
    return (from + best) * frame;
  }
}

// --- internal ---

function frameEnergies(samples: Float32Array, frame: number): Float64Array {
  const energies = new Float64Array(Math.floor(samples.length / frame));
  for (let i = 0; i < energies.length; i++) {
    let energy = 0;
    for (let j = i * frame; j < (i + 1) * frame; j++) energy += samples[j]! * samples[j]!;
    energies[i] = energy;
  }
  return energies;
}
