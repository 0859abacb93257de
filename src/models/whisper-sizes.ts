/**
 * Approximate file sizes of published Whisper models with 16-bit weights. They apply to ggml files and to CTranslate2
 * models.
 */

/** Returns the size of the files in bytes. Null for an unknown model size and for quantized weights. */
export function whisperBytes(size: string): number | null {
  return bytesBySize.find(([pattern]) => pattern.test(size))?.[1] ?? null;
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
