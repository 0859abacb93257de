/** Generates synthetic sounds without speech, at 16 kHz and full scale. Each run generates the same sounds. */

const rate = 16_000;

/** Creates `count` samples. The seed changes the random parts of the sound. */
export type Sound = (count: number, seed: number) => Float32Array;

export const whiteNoise: Sound = (count, seed) => {
  const random = randomOf(seed);
  return fullScale(samples(count, () => random()));
};

/** Pink noise, which falls by 3 dB per octave (Paul Kellet's filter). It sounds like rain or a fan. */
export const pinkNoise: Sound = (count, seed) => fullScale(pink(count, seed));

/** Brown noise, which falls by 6 dB per octave. It sounds like wind or traffic. */
export const brownNoise: Sound = (count, seed) => fullScale(brown(count, seed));

/** Sound of an empty room: low-frequency noise with a changing volume, and a faint hum. */
export const roomTone: Sound = (count, seed) => {
  const [low, airy] = [fullScale(brown(count, seed)), fullScale(pink(count, seed + 1))];
  return fullScale(
    samples(count, (n) => {
      const draught = 1 + 0.3 * wave(0.13, n);
      return draught * (0.6 * low[n]! + 0.3 * airy[n]!) + 0.05 * wave(100, n);
    }),
  );
};

export const tone =
  (hertz: number): Sound =>
  (count) =>
    samples(count, (n) => wave(hertz, n));

/** A tone that rises from 50 Hz to 7 kHz every ten seconds. */
export const sweep: Sound = (count) => {
  let phase = 0;
  return samples(count, (n) => {
    const hertz = 50 * 140 ** ((n / rate / 10) % 1);
    phase += (2 * Math.PI * hertz) / rate;
    return Math.sin(phase);
  });
};

/** Telephone key tones, which consist of two frequencies at the same time. The key changes every half second. */
export const keyTones: Sound = (count, seed) => {
  const random = randomOf(seed);
  const keys = Array.from({ length: 64 }, () => [
    pick([697, 770, 852, 941], random),
    pick([1209, 1336, 1477], random),
  ]);
  return samples(count, (n) => {
    const key = keys[Math.floor((2 * n) / rate) % keys.length]!;
    return (2 * n) % rate < rate / 2 ? (wave(key[0]!, n) + wave(key[1]!, n)) / 2 : 0;
  });
};

/** Mains hum: the mains frequency and its harmonics. Odd harmonics are stronger. */
export const hum =
  (hertz: number): Sound =>
  (count) =>
    fullScale(
      samples(count, (n) => {
        let sum = 0;
        for (let k = 1; k <= 12; k++)
          sum += wave(k * hertz, n + 37 * k) / (k % 2 === 1 ? k : 3 * k);
        return sum;
      }),
    );

/** Single samples at irregular times. They sound like dust on a record. */
export const clicks: Sound = (count, seed) => {
  const random = randomOf(seed);
  const sound = new Float32Array(count);
  for (let at = 0; at < count; at += Math.round(rate * (0.2 + 0.15 * random()))) {
    sound[at] = random() < 0 ? -1 : 1;
  }
  return sound;
};

/** Ticking of a clock: a short tone twice a second. */
export const ticking: Sound = (count) =>
  fullScale(
    samples(count, (n) => {
      const since = (n % (rate / 2)) / rate;
      return Math.exp(-since * 400) * Math.sin(2 * Math.PI * 2300 * since);
    }),
  );

/** Chords with a constant volume, like those of an organ. */
export const organ: Sound = (count, seed) =>
  chords(count, seed, { everyS: 1, harmonics: 8, envelope: (sinceS) => Math.min(1, sinceS * 50) });

/** Chords that fade, like those of a piano. */
export const piano: Sound = (count, seed) =>
  chords(count, seed, { everyS: 0.5, harmonics: 2, envelope: (sinceS) => Math.exp(-2.5 * sinceS) });

/** Bass drum, snare drum, hi-hat and tom in random order, about seven beats per second. */
export const drums: Sound = (count, seed) => {
  const random = randomOf(seed);
  const noise = whiteNoise(count, seed);
  const sound = new Float32Array(count);
  const beat = Math.round(0.15 * rate);
  for (let from = 0; from < count; from += beat) {
    const drum = pick([bassDrum, snareDrum, hiHat, tom, null], random);
    if (drum === null) continue;
    for (let n = 0; n < rate / 3 && from + n < count; n++) {
      sound[from + n]! += drum(n / rate, noise[from + n]!);
    }
  }
  return fullScale(sound);
};

/** Drums and an organ together. */
export const music: Sound = (count, seed) => {
  const [under, over] = [drums(count, seed), organ(count, seed)];
  return fullScale(samples(count, (n) => under[n]! + 0.5 * over[n]!));
};

/** Returns the sound with a level of `dbfs` dB relative to full scale. `dbfs` is negative. */
export function atLevel(sound: Float32Array, dbfs: number): Float32Array {
  const gain = 10 ** (dbfs / 20);
  return sound.map((x) => gain * x);
}

/**
 * Adds dither: triangular noise of up to one step in each direction. Dither is usual before samples are rounded to 16
 * bits.
 */
export function dithered(sound: Float32Array, seed: number): Float32Array {
  const random = randomOf(seed);
  return sound.map((x) => x + (random() + random()) / 2 / 32_768);
}

// --- internal ---

function samples(count: number, at: (n: number) => number): Float32Array {
  return Float32Array.from({ length: count }, (_, n) => at(n));
}

function wave(hertz: number, n: number): number {
  return Math.sin((2 * Math.PI * hertz * n) / rate);
}

function fullScale(sound: Float32Array): Float32Array {
  const peak = sound.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return sound.map((x) => x / peak);
}

/** Returns a generator of uniform random numbers from -1 to 1 (xorshift32). */
function randomOf(seed: number): () => number {
  let state = 2_463_534_242 ^ Math.imul(seed, 2_654_435_761);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(((random() + 1) / 2) * items.length) % items.length]!;
}

function pink(count: number, seed: number): Float32Array {
  const random = randomOf(seed);
  let [a, b, c] = [0, 0, 0];
  return samples(count, () => {
    const white = random();
    a = 0.99765 * a + 0.099046 * white;
    b = 0.963 * b + 0.2965164 * white;
    c = 0.57 * c + 1.0526913 * white;
    return a + b + c + 0.1848 * white;
  });
}

function brown(count: number, seed: number): Float32Array {
  const random = randomOf(seed);
  let level = 0;
  return samples(count, () => (level = 0.998 * level + 0.02 * random()));
}

type Drum = (sinceS: number, noise: number) => number;

const bassDrum: Drum = (t) => {
  const turns = 50 * t + 4 * (1 - Math.exp(-t * 30));
  return Math.sin(2 * Math.PI * turns) * Math.exp(-t * 10);
};
const snareDrum: Drum = (t, noise) =>
  (0.5 * noise + 0.4 * Math.sin(2 * Math.PI * 190 * t)) * Math.exp(-t * 18);
const hiHat: Drum = (t, noise) => 0.3 * noise * Math.exp(-t * 60);
const tom: Drum = (t) => {
  const turns = 120 * t + 3 * (1 - Math.exp(-t * 20));
  return 0.6 * Math.sin(2 * Math.PI * turns) * Math.exp(-t * 8);
};

interface Instrument {
  readonly everyS: number;
  readonly harmonics: number;
  readonly envelope: (sinceS: number) => number;
}

/** Returns random major, minor and other chords. */
function chords(count: number, seed: number, { everyS, harmonics, envelope }: Instrument) {
  const random = randomOf(seed);
  const sound = new Float32Array(count);
  const length = Math.round(everyS * rate);
  for (let from = 0; from < count; from += length) {
    const root = 57 + Math.round(12 * random());
    const chord = pick(
      [
        [0, 4, 7],
        [0, 3, 7],
        [0, 4, 7, 10],
        [0, 5, 9],
      ],
      random,
    );
    for (const step of chord) {
      const hertz = 440 * 2 ** ((root + step - 69) / 12);
      for (let n = 0; n < length && from + n < count; n++) {
        let sum = 0;
        for (let k = 1; k <= harmonics; k++) sum += wave(k * hertz, n) / k;
        sound[from + n]! += sum * envelope(n / rate);
      }
    }
  }
  return fullScale(sound);
}
