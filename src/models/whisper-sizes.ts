/** Lists approximate file sizes of published Whisper models. */

/**
 * Returns the approximate size in bytes of a model with 16-bit weights. The size is the same for a ggml file and for a
 * CTranslate2 model. Null for an unknown model size and for quantized weights.
 */
export function whisperBytes(size: string): number | null {
  return bytesBySize.find(([pattern]) => pattern.test(size))?.[1] ?? null;
}

/** Names of the quantized models in whisper.cpp's repository, in the form `SIZE-QUANTIZATION`. */
export const quantizedModels: readonly string[] = [
  ...["tiny", "tiny.en", "base", "base.en", "small", "small.en"].flatMap((size) => [
    `${size}-q5_1`,
    `${size}-q8_0`,
  ]),
  ...["medium", "medium.en"].flatMap((size) => [`${size}-q5_0`, `${size}-q8_0`]),
  "large-v2-q5_0",
  "large-v2-q8_0",
  "large-v3-q5_0",
  "large-v3-turbo-q5_0",
  "large-v3-turbo-q8_0",
];

/** Returns the size of a quantized model in bytes. Null for a model that is not in `quantizedModels`. */
export function quantizedBytes(model: string): number | null {
  const [, size = "", bits = ""] = /^(.+?)(?:\.en)?-q(\d)_\d$/u.exec(model) ?? [];
  const bytes = bytesByBits[bits]?.[size];
  return bytes === undefined || !quantizedModels.includes(model) ? null : bytes;
}

// --- internal ---

const bytesBySize: readonly (readonly [size: RegExp, bytes: number])[] = [
  [/^tiny(?:\.en)?$/u, 80e6],
  [/^base(?:\.en)?$/u, 150e6],
  [/^small(?:\.en)?$/u, 490e6],
  [/^medium(?:\.en)?$/u, 1.5e9],
  [/^large(?:-v\d)?$/u, 3.1e9],
  [/^(?:large-v3-)?turbo$/u, 1.6e9],
  [/^distil-large-v\d(?:\.\d)?$/u, 1.5e9],
  [/^distil-medium\.en$/u, 800e6],
  [/^distil-small\.en$/u, 330e6],
];

const bytesByBits: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  5: {
    tiny: 32e6,
    base: 60e6,
    small: 190e6,
    medium: 540e6,
    "large-v2": 1.1e9,
    "large-v3": 1.1e9,
    "large-v3-turbo": 570e6,
  },
  8: {
    tiny: 44e6,
    base: 82e6,
    small: 260e6,
    medium: 820e6,
    "large-v2": 1.7e9,
    "large-v3-turbo": 870e6,
  },
};
