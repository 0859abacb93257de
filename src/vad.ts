/** Voice activity: what tells speech from silence before a model hears anything, and whose word counts. */

/** Silero's parameters. */
export interface VadOptions {
  /** Speech begins at this probability. */
  readonly threshold: number;
  /** Silence begins below this one; null: 0.15 under the threshold. */
  readonly negThreshold: number | null;
  /** Speech is longer than this. */
  readonly minSpeechMs: number;
  /** Silence as long as this parts speech from speech. */
  readonly minSilenceMs: number;
  /** Kept before and behind speech. */
  readonly speechPadMs: number;
  /** Decoded at once at most, cut in the deepest pause; null: what the engine takes. */
  readonly maxSpeechS: number | null;
}

/** What faster-whisper takes when it is not told otherwise. */
export const vadDefaults: VadOptions = {
  threshold: 0.5,
  negThreshold: null,
  minSpeechMs: 0,
  minSilenceMs: 2000,
  speechPadMs: 400,
  maxSpeechS: null,
};

export const vadLimits = {
  threshold: { min: 0.01, max: 1 },
  negThreshold: { min: 0.01, max: 1 },
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
  // The preset's lower threshold belongs to its upper one.
  const pair = wish.threshold === undefined ? {} : { negThreshold: null };
  return { ...preset.options, ...pair, ...wish };
}

/** Whether silence would begin above where speech does. */
export function isUpsideDown({ threshold, negThreshold }: VadOptions): boolean {
  return negThreshold !== null && negThreshold > threshold;
}
