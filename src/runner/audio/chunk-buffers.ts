/**
 * Reuses the memory of chunks.
 *
 * A chunk is in shared memory. The system frees it only after every thread that received it has run its garbage
 * collector. A thread that only forwards chunks rarely runs it.
 */
export class ChunkBuffers {
  readonly #free: SharedArrayBuffer[] = [];

  /** A buffer for `length` samples. It may contain old samples: overwrite all of them. */
  take(length: number): Float32Array<SharedArrayBuffer> {
    const bytes = length * Float32Array.BYTES_PER_ELEMENT;
    const index = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const [buffer] = index < 0 ? [] : this.#free.splice(index, 1);
    return new Float32Array(buffer ?? new SharedArrayBuffer(roundUp(bytes)), 0, length);
  }

  /** Returns a buffer for reuse. No code may read it afterwards. */
  giveBack({ buffer }: Float32Array<SharedArrayBuffer>): void {
    if (this.#free.length < freeMax) this.#free.push(buffer);
  }
}

// --- internal ---

/** Buffers kept for reuse. A buffer has at most two megabytes (30 s). */
const freeMax = 16;
const bytesMin = 1 << 16;

/** Rounds up to a power of two, so that chunks of different lengths can use the same buffers. */
function roundUp(bytes: number): number {
  return Math.max(bytesMin, 2 ** Math.ceil(Math.log2(bytes)));
}
