/** Voice activity: what tells speech from silence before a model hears anything, and whose word counts. */

/** Silero's parameters. */
export interface VadOptions {
  /** Speech begins at this probability. */
  readonly threshold: number;
  /** Silence begins below this one; null: 0.15 under the threshold. */
  readonly negThreshold: number | null;
  /** Speech reaches this probability somewhere; null: 0.45 over the threshold, but at most 0.95. */
  readonly peakThreshold: number | null;
  /** Speech is longer than this. */
  readonly minSpeechMs: number;
  /** Silence as long as this parts speech from speech. */
  readonly minSilenceMs: number;
  /** Kept before and behind speech. */
  readonly speechPadMs: number;
  /** Decoded at once at most, cut in the deepest pause; null: what the engine takes. */
  readonly maxSpeechS: number | null;
}

/** What faster-whisper takes when it is not told otherwise; of the peak it knows nothing. */
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

/** The operator's: what holds for jobs that say nothing. */
export interface VadPreset {
  readonly on: boolean;
  readonly options: VadOptions;
}

/** A client's: on or off, or on with some options of its own. */
export type VadWish = boolean | Partial<VadOptions>;

/** What a job is given; null: all its audio goes to the model. A wish wins over the preset. */
export function chooseVad(preset: VadPreset, wish: VadWish | null): VadOptions | null {
  if (wish === null) return preset.on ? preset.options : null;
  if (typeof wish === "boolean") return wish ? preset.options : null;
  // The preset's other thresholds belong to its first one.
  const others = wish.threshold === undefined ? {} : { negThreshold: null, peakThreshold: null };
  return { ...preset.options, ...others, ...wish };
}

/**
 * What a region of speech must reach somewhere; up to the threshold, every region does.
 *
 * Silero's network takes a beat of a drum or a chord for speech now and then, for a window or five, and is seldom sure of
 * it. Of 480 synthetic pieces of 30 s (chords and drums, -60 to -1 dBFS) 112 had a region; 42 of them reached 0.7, 21 reached
 * 0.8, 7 reached 0.9, 5 reached 0.95. Speech does not suffer: each of 188 words cut out of recordings reaches 0.95, and so
 * does every region of the 34 recordings of test/audio, 30 dB quieter too, and over white or pink noise as loud as they
 * are. Asking for 160 ms of speech instead would leave 39 of the 112.
 */
export function peakThreshold(vad: VadOptions): number {
  return vad.peakThreshold ?? Math.min(vad.threshold + 0.45, 0.95);
}

/**
 * Quiet audio is raised by at most so many dB before the network hears it (ffi/audio/src/level.rs).
 *
 * Without it, speech 46 dB under its recording loses a fifth of its time, at 50 dB nearly half, at 60 dB all. With it,
 * 306 s of speech in 34 recordings keep all but 0.04 s at 66 dB under. White, pink and brown noise, tones, hum, chords and
 * drums (18 sounds, -6 to -90 dBFS, 16-bit dither too) still have no region.
 */
export const vadGainMaxDb = 60;

/** Whether silence would begin above where speech does. */
export function isUpsideDown({ threshold, negThreshold }: VadOptions): boolean {
  return negThreshold !== null && negThreshold > threshold;
}
