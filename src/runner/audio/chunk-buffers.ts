/**
 * Memory for chunks, used again when they are done with. Shared memory lives until each thread that has seen it collects
 * its garbage, and those that only pass chunks on seldom do.
 */
export class ChunkBuffers {
  readonly #free: SharedArrayBuffer[] = [];

  /** Room for so many samples; what it holds is to be overwritten. */
  take(length: number): Float32Array<SharedArrayBuffer> {
    const bytes = length * Float32Array.BYTES_PER_ELEMENT;
    const index = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const [buffer] = index < 0 ? [] : this.#free.splice(index, 1);
    return new Float32Array(buffer ?? new SharedArrayBuffer(roundUp(bytes)), 0, length);
  }

  /** Nobody may read it any more. */
  giveBack({ buffer }: Float32Array<SharedArrayBuffer>): void {
    if (this.#free.length < freeMax) this.#free.push(buffer);
  }
}

// --- internal ---

/** Of two megabytes at most, those of 30 s. */
const freeMax = 16;
const bytesMin = 1 << 16;

/** To one of few sizes, so that one fits many chunks. */
function roundUp(bytes: number): number {
  return Math.max(bytesMin, 2 ** Math.ceil(Math.log2(bytes)));
}
