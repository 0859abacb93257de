/** Computes random weights. They depend only on the name of a tensor, so they are the same in each run. */

/** Returns `count` numbers whose standard deviation is `size`. */
export function randomWeights(
  name: string,
  count: number,
  size: number,
  middle = 0,
): Float32Array<ArrayBuffer> {
  const weights = new Float32Array(count);
  const bound = (size * Math.sqrt(3)) / 2 ** 31;
  let state = seedOf(name);
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    weights[i] = middle + bound * state;
  }
  return weights;
}

// --- internal ---

/** Returns a seed for xorshift32, which must not be 0. */
function seedOf(name: string): number {
  return Bun.hash.xxHash32(name) | 1;
}
