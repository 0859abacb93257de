/** Converts a Whisper model from CTranslate2's files to whisper.cpp's file, in memory. */
import { readVariables } from "./ctranslate2-file.ts";
import { writeGgml } from "./ggml-file.ts";
import { melFilters } from "./mel-filters.ts";
import { textTokens } from "./text-tokens.ts";
import { whisperDimensions, whisperTensors } from "./whisper-tensors.ts";

export interface Ctranslate2Files {
  /** model.bin, in float16 or int8. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** vocabulary.txt */
  readonly vocabulary: string;
}

export function ctranslate2ToGgml({
  weights,
  vocabulary,
}: Ctranslate2Files): Uint8Array<ArrayBuffer> {
  const variables = readVariables(weights);
  const dimensions = whisperDimensions(variables);
  const tensors = whisperTensors(variables);
  return writeGgml({
    type: tensors.some(({ type }) => type === "q8_0") ? "q8_0" : "float16",
    dimensions,
    melFilters: melFilters(dimensions.mels),
    tokens: textTokens(vocabulary),
    tensors,
  });
}
