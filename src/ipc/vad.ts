/**
 * Defines the voice activity options. Voice activity separates speech from silence before the model transcribes. A
 * request can override the server's preset.
 */

/**
 * A voice activity option. The names of its flag, environment variable and request field are derived from its key in
 * `vadOptions`.
 */
interface VadOption {
  readonly type: "number" | "integer";
  readonly min: number;
  readonly max: number;
  /** Default value. If it is null, the value depends on other values, and `derived` describes how. */
  readonly fallback: number | null;
  readonly derived?: string;
  readonly help: string;
}

/** All options, in the order of the help text. The numbers in `fallback` are the default values of faster-whisper. */
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

/** Values of all voice activity options. If a value is null, it is derived from other options or from the model. */
export type VadOptions = {
  readonly [Name in VadOptionName]: Options[Name]["fallback"] extends null ? number | null : number;
};

export const vadOptionNames = Object.keys(vadOptions) as VadOptionName[];

/** Builds the options. `valueOf` returns the value of the option with the name `name`. */
export function vadOptionsFrom(valueOf: (name: VadOptionName) => unknown): VadOptions {
  const entries = vadOptionNames.map((name) => [name, valueOf(name)]);
  return Object.fromEntries(entries) as VadOptions;
}

export const vadDefaults: VadOptions = vadOptionsFrom((name) => vadOptions[name].fallback);

/** The voice activity settings of the server. They apply to jobs whose request does not override them. */
export interface VadPreset {
  readonly on: boolean;
  readonly options: VadOptions;
}

/** Value in a request that overrides the preset: off, on, or on with some changed options. */
export type VadOverride = boolean | Partial<VadOptions>;

/**
 * Returns the options of a job. If the request overrides the preset, the override applies. Null if voice activity is
 * off; the model then transcribes all of the audio.
 */
export function chooseVad(preset: VadPreset, override: VadOverride | null): VadOptions | null {
  if (override === null) return preset.on ? preset.options : null;
  if (typeof override === "boolean") return override ? preset.options : null;
  // In the preset, `negThreshold` and `peakThreshold` are chosen for the `threshold` of the preset. If the request
  // changes `threshold`, these two values of the preset do not apply. If the request does not contain them either, they
  // are derived from the new `threshold`.
  const others =
    override.threshold === undefined ? {} : { negThreshold: null, peakThreshold: null };
  return { ...preset.options, ...others, ...override };
}

/**
 * Returns the probability that a region of speech must reach in at least one window. A value up to `threshold` accepts
 * every region.
 *
 * Silero sometimes mistakes a drum beat or a chord for speech, but rarely with a high probability. In a measurement
 * with 480 synthetic pieces of music of 30 s (chords and drums, -60 to -1 dBFS), Silero found a region of speech in 112
 * pieces. The probability reached 0.7 in 42 pieces, 0.8 in 21 pieces, 0.9 in 7 pieces, and 0.95 in 5 pieces. A minimum
 * length of 160 ms for a region is less effective: Silero would still find speech in 39 pieces.
 *
 * A peak threshold of 0.95 discards no speech. In a measurement, each of 188 single words that were cut out of
 * recordings reached 0.95. In the 34 recordings in test/audio, every region reached 0.95. This was also true for
 * recordings that were 30 dB quieter, and for recordings with white or pink noise as loud as the speech.
 */
export function peakThreshold(vad: VadOptions): number {
  return vad.peakThreshold ?? Math.min(vad.threshold + 0.45, 0.95);
}

/**
 * Maximum gain in dB that quiet audio gets before the network processes it (ffi/audio/src/level.rs).
 *
 * In a measurement, 306 s of speech in 34 recordings were made quieter. Without the gain, voice activity missed a fifth
 * of the speech at -46 dB, nearly half at -50 dB, and all of it at -60 dB. With the gain, it missed only 0.04 s at -66
 * dB. The gain did not make it find speech in 18 sounds without speech: white, pink and brown noise, tones, hum, chords
 * and drums (-6 to -90 dBFS, also with 16-bit dither).
 */
export const vadGainMaxDb = 60;

/** Returns whether `negThreshold` is above `threshold`. Such options are invalid. */
export function thresholdsInverted({ threshold, negThreshold }: VadOptions): boolean {
  return negThreshold !== null && negThreshold > threshold;
}
