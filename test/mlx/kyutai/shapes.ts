/** Shapes of random Kyutai models: the audio tokenizer (Mimi) and the language model. */
import type { Quantization } from "../quantize.ts";
import type { NumberType } from "../tensors.ts";

export interface MimiShape {
  /** Number of channels after the first convolution. Each downsampling doubles it. */
  readonly channels: number;
  /** Width of the transformer. Each of its heads has 64 numbers. */
  readonly width: number;
  readonly layers: number;
  /** Number of codes of a codebook. */
  readonly codes: number;
  readonly codeWidth: number;
}

export interface KyutaiShape {
  readonly mimi: MimiShape;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** Number of steps before the current one that the attention reads. */
  readonly context: number;
  readonly vocabulary: number;
  readonly codebooks: number;
  readonly delayS: number;
  readonly silencePrefixS: number;
  readonly languages: readonly string[];
  /** Whether the model has heads for the end of a turn. */
  readonly hasTurnHeads?: boolean;
  readonly quantization?: Quantization;
  readonly type?: NumberType;
  readonly text: TextHead;
}

/**
 * Biases the head of the text. Without it, a random model would almost never choose the padding, so each step would emit
 * a token.
 */
export interface TextHead {
  /** Size of the logits of text tokens. */
  readonly logits: number;
  /** Bias of the padding (id 3) and of the mark before a word (id 0). */
  readonly padding: number;
  readonly word: number;
}

const smallMimi: MimiShape = { channels: 4, width: 64, layers: 2, codes: 64, codeWidth: 32 };

/** The shape of Kyutai's published audio tokenizer. */
const fullMimi: MimiShape = { channels: 64, width: 512, layers: 8, codes: 2048, codeWidth: 256 };

/** A model of 1 MB. */
export const smallShape: KyutaiShape = {
  mimi: smallMimi,
  width: 64,
  heads: 2,
  layers: 2,
  context: 20,
  vocabulary: 200,
  codebooks: 8,
  delayS: 0.5,
  silencePrefixS: 0,
  languages: ["en", "fr"],
  text: { logits: 4, padding: 21, word: 20 },
};

/** A small model with the delay, the silence before the audio and the heads of larger ones. */
export const turnShape: KyutaiShape = {
  ...smallShape,
  delayS: 2.5,
  silencePrefixS: 1,
  languages: ["en"],
  hasTurnHeads: true,
};

/** A small model whose width is a multiple of the groups of quantised weights. */
const wideShape: KyutaiShape = {
  ...smallShape,
  width: 256,
  heads: 4,
  text: { logits: 4, padding: 26, word: 24 },
};
export const q4Shape: KyutaiShape = { ...wideShape, quantization: { groupSize: 32, bits: 4 } };
export const q8Shape: KyutaiShape = { ...wideShape, quantization: { groupSize: 64, bits: 8 } };

/** A small language model after the audio tokenizer of full size, with all 32 codebooks. */
export const fullMimiShape: KyutaiShape = {
  ...wideShape,
  mimi: fullMimi,
  layers: 3,
  context: 30,
  codebooks: 32,
};

/** The shape of kyutai/stt-1b-en_fr-mlx: 1.0 billion weights. */
export const full1b: KyutaiShape = {
  mimi: fullMimi,
  width: 2048,
  heads: 16,
  layers: 16,
  context: 750,
  vocabulary: 8000,
  codebooks: 32,
  delayS: 0.5,
  silencePrefixS: 0,
  languages: ["en", "fr"],
  text: { logits: 4, padding: 26, word: 24 },
};

/** The shape of kyutai/stt-2.6b-en-mlx. */
export const full2b: KyutaiShape = {
  ...full1b,
  heads: 32,
  layers: 48,
  context: 375,
  vocabulary: 4000,
  delayS: 2.5,
  silencePrefixS: 1,
  languages: ["en"],
};
