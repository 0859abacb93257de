/** Computes the operations and the bytes of each stage of a Whisper model. */

/** A multiplication and an addition are two operations. */
export interface Stage {
  readonly name: string;
  /** Operations in products of 8-bit matrices. */
  readonly int8Ops: number;
  /** Operations in products of 32-bit matrices: the convolutions and the attention. */
  readonly floatOps: number;
  /** Weights, and keys and values of the attention to the audio, which a step reads from the memory. */
  readonly bytes: number;
}

export interface WhisperShape {
  readonly width: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly mels: number;
  readonly vocabulary: number;
}

export const whisperShapes = {
  base: { width: 512, encoderLayers: 6, decoderLayers: 6, mels: 80, vocabulary: 51_865 },
  small: { width: 768, encoderLayers: 12, decoderLayers: 12, mels: 80, vocabulary: 51_865 },
  "large-v3-turbo": {
    width: 1280,
    encoderLayers: 32,
    decoderLayers: 4,
    mels: 128,
    vocabulary: 51_866,
  },
} as const satisfies Readonly<Record<string, WhisperShape>>;

/** Returns the stages for a window of `positions` encoder positions, which are 20 ms each. */
export function stagesOf(
  shape: WhisperShape,
  { positions, beams }: { readonly positions: number; readonly beams: number },
): readonly Stage[] {
  const { width, encoderLayers, decoderLayers, mels, vocabulary } = shape;
  // Query, key, value and output have width^2 weights each; the two layers after the attention have 4 * width^2 each.
  const layerWeights = 12 * width ** 2;
  const crossWeights = 4 * width ** 2;
  const encoderWeights = encoderLayers * layerWeights;
  // The keys and values of the audio are computed once, before the first step.
  const stepWeights = decoderLayers * (layerWeights + crossWeights / 2) + vocabulary * width;
  const convolutions = 2 * 3 * width * (2 * positions * mels + positions * width);
  const attention = encoderLayers * 2 * 2 * positions ** 2 * width;
  const keysAndValues = decoderLayers * 2 * positions * width;
  return [
    {
      name: "encoder",
      int8Ops: 2 * positions * encoderWeights,
      floatOps: convolutions + attention,
      bytes: encoderWeights,
    },
    {
      name: "decoder, before the first step",
      int8Ops: 2 * positions * decoderLayers * (crossWeights / 2),
      floatOps: 0,
      bytes: decoderLayers * (crossWeights / 2),
    },
    {
      name: "decoder, a step",
      int8Ops: 2 * beams * stepWeights,
      floatOps: 2 * beams * keysAndValues,
      bytes: stepWeights + 4 * keysAndValues,
    },
    {
      name: "decoder, a step of 4 chunks",
      int8Ops: 4 * 2 * beams * stepWeights,
      floatOps: 4 * 2 * beams * keysAndValues,
      bytes: stepWeights + 4 * 4 * keysAndValues,
    },
  ];
}
