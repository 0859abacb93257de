/**
 * Voice activity options: they separate speech from silence before the model transcribes. A request can override the
 * server's preset.
 */

/** Parameters of the Silero network. */
export interface VadOptions {
  /** Speech starts at this probability. */
  readonly threshold: number;
  /** Silence starts below this probability; null: 0.15 below `threshold`. */
  readonly negThreshold: number | null;
  /** A region of speech must reach this probability once; null: 0.45 above `threshold`, but at most 0.95. */
  readonly peakThreshold: number | null;
  /** Shorter regions are discarded. */
  readonly minSpeechMs: number;
  /** Silence of at least this length separates two regions. */
  readonly minSilenceMs: number;
  /** Audio that is kept before and after each region. */
  readonly speechPadMs: number;
  /** Maximum length of a chunk; longer speech is cut at its deepest pause. Null: the maximum of the engine. */
  readonly maxSpeechS: number | null;
}

/** The defaults of faster-whisper, which does not have a peak threshold. */
export const vadDefaults: VadOptions = {
  threshold: 0.5,
  negThreshold: null,
  peakThreshold: null,
  minSpeechMs: 0,
  minSilenceMs: 2000,
  speechPadMs: 400,
  maxSpeechS: null,
};

export const vadLimits = {
  threshold: { min: 0.01, max: 1 },
  negThreshold: { min: 0.01, max: 1 },
  peakThreshold: { min: 0.01, max: 1 },
  minSpeechMs: { min: 0, max: 10_000 },
  minSilenceMs: { min: 0, max: 10_000 },
  speechPadMs: { min: 0, max: 2000 },
  maxSpeechS: { min: 5, max: 3600 },
} as const satisfies Record<keyof VadOptions, { readonly min: number; readonly max: number }>;

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
  // The preset's other thresholds fit only its own `threshold`.
  const others =
    override.threshold === undefined ? {} : { negThreshold: null, peakThreshold: null };
  return { ...preset.options, ...others, ...override };
}

/**
 * The probability that a region of speech must reach once. A value up to `threshold` accepts every region.
 *
 * Silero sometimes mistakes a drum beat or a chord for speech, for one to five windows, but rarely with a high
 * probability. Of 480 synthetic pieces of 30 s (chords and drums, -60 to -1 dBFS), 112 had a region; 42 of these
 * reached 0.7, 21 reached 0.8, 7 reached 0.9, 5 reached 0.95. The threshold does not discard speech: each of 188
 * words cut out of recordings reaches 0.95. So does every region of the 34 recordings of test/audio, also 30 dB
 * quieter, and with white or pink noise as loud as the speech. A minimum of 160 ms of speech would instead leave 39
 * of the 112.
 */
export function peakThreshold(vad: VadOptions): number {
  return vad.peakThreshold ?? Math.min(vad.threshold + 0.45, 0.95);
}

/**
 * Maximum gain in dB for quiet audio before the network processes it (ffi/audio/src/level.rs).
 *
 * Without the gain, speech that is 46 dB quieter loses a fifth of its time; at 50 dB nearly half; at 60 dB all of it.
 * With the gain, 306 s of speech in 34 recordings lose only 0.04 s at 66 dB. White, pink and brown noise, tones, hum,
 * chords and drums (18 sounds, -6 to -90 dBFS, also with 16-bit dither) still have no region.
 */
export const vadGainMaxDb = 60;

/** Whether `negThreshold` is above `threshold`, which is invalid. */
export function thresholdsInverted({ threshold, negThreshold }: VadOptions): boolean {
  return negThreshold !== null && negThreshold > threshold;
}
