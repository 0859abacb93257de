/** Audio that nobody spoke, at 16 kHz. */

const rate = 16_000;

export function silence(seconds: number): Float32Array {
  return new Float32Array(Math.round(seconds * rate));
}

export function tone(seconds: number, hertz = 440): Float32Array {
  return silence(seconds).map((_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));
}

/** Full scale, the same each time (xorshift32). */
export function whiteNoise(seconds: number): Float32Array {
  let state = 2_463_534_242;
  return silence(seconds).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}
