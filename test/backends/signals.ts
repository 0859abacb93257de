/** Generates audio without speech, at 16 kHz unless the caller gives another rate. */

const rate = 16_000;

export function silence(seconds: number, samplesPerS = rate): Float32Array {
  return new Float32Array(Math.round(seconds * samplesPerS));
}

export function tone(seconds: number, hertz = 440): Float32Array {
  return silence(seconds).map((_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));
}

/** Returns noise at full scale. The noise is the same in each run (xorshift32). */
export function whiteNoise(seconds: number): Float32Array {
  let state = 2_463_534_242;
  return silence(seconds).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

/**
 * Returns consecutive square waves of 200 Hz with the given durations in seconds and amplitudes. The transducer and
 * streaming models of the null engine interpret each amplitude as a letter.
 */
export function levels(
  steps: readonly (readonly [seconds: number, peak: number])[],
  samplesPerS = rate,
): Float32Array {
  const halfPeriod = samplesPerS / 400;
  const parts = steps.map(([seconds, peak]) =>
    silence(seconds, samplesPerS).map((_, i) =>
      Math.floor(i / halfPeriod) % 2 === 0 ? peak : -peak,
    ),
  );
  return join(parts);
}

export function join(parts: readonly Float32Array[]): Float32Array {
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (samples.set(part, at), at + part.length), 0);
  return samples;
}
