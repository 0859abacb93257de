/**
 * Voice activity options: they separate speech from silence before the model transcribes. A request can override the
 * server's preset.
 */

/** One option. The names of its flag, its variable and its request field follow from its name here. */
interface VadOption {
  readonly type: "number" | "integer";
  readonly min: number;
  readonly max: number;
  /** The default; null: it depends on other values, as `derived` describes. */
  readonly fallback: number | null;
  readonly derived?: string;
  readonly help: string;
}

/**
 * All options, in the order of the help text. The defaults are the same as in faster-whisper, which has no peak
 * threshold.
 */
export const vadOptions = {
  threshold: {
    type: "number",
    min: 0.01,
    max: 1,
    fallback: 0.5,
    help: "Speech starts at this probability; raise it for noisy audio",
  },
  negThreshold: {
    type: "number",
    min: 0.01,
    max: 1,
    fallback: null,
    derived: "threshold - 0.15",
    help: "Speech ends below this probability",
  },
  peakThreshold: {
    type: "number",
    min: 0.01,
    max: 1,
    fallback: null,
    derived: "threshold + 0.45, at most 0.95",
    help: "Drop speech that never reaches this probability: music and noise seldom do",
  },
  minSpeechMs: {
    type: "integer",
    min: 0,
    max: 10_000,
    fallback: 0,
    help: "Drop speech that is shorter than this",
  },
  minSilenceMs: {
    type: "integer",
    min: 0,
    max: 10_000,
    fallback: 2000,
    help: "Silence of this length ends speech",
  },
  speechPadMs: {
    type: "integer",
    min: 0,
    max: 2000,
    fallback: 400,
    help: "Audio to keep before and after speech, so that no word is cut off",
  },
  maxSpeechS: {
    type: "number",
    min: 5,
    max: 3600,
    fallback: null,
    derived: "the model's longest chunk",
    help: "Split longer speech at its quietest pause",
  },
} as const satisfies Record<string, VadOption>;

type Options = typeof vadOptions;

export type VadOptionName = keyof Options;

/** A value for each option; null: the value is derived from others, or from the model. */
export type VadOptions = {
  readonly [Name in VadOptionName]: Options[Name]["fallback"] extends null ? number | null : number;
};

export const vadOptionNames = Object.keys(vadOptions) as VadOptionName[];

/** Builds the options from the value that `valueOf` returns for each name. */
export function vadOptionsFrom(valueOf: (name: VadOptionName) => unknown): VadOptions {
  const entries = vadOptionNames.map((name) => [name, valueOf(name)]);
  return Object.fromEntries(entries) as VadOptions;
}

export const vadDefaults: VadOptions = vadOptionsFrom((name) => vadOptions[name].fallback);

/** The server's preset, for jobs without an override. */
export interface VadPreset {
  readonly on: boolean;
  readonly options: VadOptions;
}

/** The value in a request: on, off, or on with some options changed. */
export type VadOverride = boolean | Partial<VadOptions>;

/**
 * The options of a job; null: the model transcribes all of the audio. The override of the request has priority over
 * the preset.
 */
export function chooseVad(preset: VadPreset, override: VadOverride | null): VadOptions | null {
  if (override === null) return preset.on ? preset.options : null;
  if (typeof override === "boolean") return override ? preset.options : null;
  // The other thresholds of the preset belong to its own `threshold`, so they are derived again.
  const others =
    override.threshold === undefined ? {} : { negThreshold: null, peakThreshold: null };
  return { ...preset.options, ...others, ...override };
}

/**
 * The probability that a region of speech must reach in at least one window. A value up to `threshold` accepts every
 * region.
 *
 * Silero sometimes mistakes a drum beat or a chord for speech, for one to five windows, but rarely with a high
 * probability. Measured with 480 synthetic pieces of 30 s (chords and drums, -60 to -1 dBFS): 112 pieces had a region.
 * In 42 of them, a region reached 0.7; in 21 of them 0.8, in 7 of them 0.9, in 5 of them 0.95. A minimum length of
 * 160 ms instead of a peak threshold would leave 39 of the 112.
 *
 * The threshold does not discard speech. Measured: each of 188 single words, cut out of recordings, reaches 0.95.
 * Every region of the 34 recordings of test/audio also reaches 0.95, even 30 dB quieter, and even with white or pink
 * noise as loud as the speech.
 */
export function peakThreshold(vad: VadOptions): number {
  return vad.peakThreshold ?? Math.min(vad.threshold + 0.45, 0.95);
}

/**
 * Maximum gain in dB for quiet audio before the network processes it (ffi/audio/src/level.rs).
 *
 * Measured with 306 s of speech in 34 recordings. Without the gain, voice activity misses a fifth of the speech if the
 * audio is 46 dB quieter, nearly half at 50 dB, and all at 60 dB. With the gain, it misses only 0.04 s at 66 dB. It
 * still finds no speech in white, pink and brown noise, tones, hum, chords and drums (18 sounds, -6 to -90 dBFS, also
 * with 16-bit dither).
 */
export const vadGainMaxDb = 60;

/** Whether `negThreshold` is above `threshold`, which is invalid. */
export function thresholdsInverted({ threshold, negThreshold }: VadOptions): boolean {
  return negThreshold !== null && negThreshold > threshold;
}
