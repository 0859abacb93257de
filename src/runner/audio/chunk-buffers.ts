/**
 * Reuses the memory of chunks.
 *
 * Chunks are in shared memory. The system frees shared memory only after every thread that received it has run its
 * garbage collector. A thread that only forwards chunks rarely runs its garbage collector. Without reuse, the memory of
 * old chunks would therefore stay allocated for a long time.
 */
export class ChunkBuffers {
  readonly #free: SharedArrayBuffer[] = [];

  /** Returns a buffer for `length` samples. The buffer may contain old samples, so overwrite all of them. */
  take(length: number): Float32Array<SharedArrayBuffer> {
    const bytes = length * Float32Array.BYTES_PER_ELEMENT;
    const index = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const [buffer] = index < 0 ? [] : this.#free.splice(index, 1);
    return new Float32Array(buffer ?? new SharedArrayBuffer(roundUp(bytes)), 0, length);
  }

  /** Takes a buffer back for reuse. After this call, no code may read the buffer. */
  giveBack({ buffer }: Float32Array<SharedArrayBuffer>): void {
    if (this.#free.length < freeMax) this.#free.push(buffer);
  }
}

// --- internal ---

/** Maximum number of unused buffers that are stored. A buffer for 30 s of audio at 16 kHz has 2 MiB. */
const freeMax = 16;
const bytesMin = 1 << 16;

/** Rounds the size of a buffer up to a power of two, so that chunks of different lengths can reuse the same buffers. */
function roundUp(bytes: number): number {
  return Math.max(bytesMin, 2 ** Math.ceil(Math.log2(bytes)));
}
