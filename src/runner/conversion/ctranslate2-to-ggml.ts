/** Converts a Whisper model from CTranslate2's files to whisper.cpp's file, in memory. */
import { correctBlocks } from "./block-corrections.ts";
import { readVariables } from "./ctranslate2-file.ts";
import { writeGgml } from "./ggml-file.ts";
import { melFilters } from "./mel-filters.ts";
import { textTokens } from "./text-tokens.ts";
import { whisperDimensions, whisperTensors } from "./whisper-tensors.ts";

export interface Ctranslate2Files {
  /** model.bin, in int8. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** vocabulary.txt */
  readonly vocabulary: string;
  /** Corrections of the int8 weights (block-corrections.ts). */
  readonly corrections: Uint8Array<ArrayBuffer>;
}

export function ctranslate2ToGgml({
  weights,
  vocabulary,
  corrections,
}: Ctranslate2Files): Uint8Array<ArrayBuffer> {
  const variables = readVariables(weights);
  const dimensions = whisperDimensions(variables);
  const tensors = correctBlocks(whisperTensors(variables), corrections);
  return writeGgml({
    type: "q8_0",
    dimensions,
    melFilters: melFilters(dimensions.mels),
    tokens: textTokens(vocabulary),
    tensors,
  });
}
