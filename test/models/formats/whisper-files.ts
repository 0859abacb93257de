/** Creates the smallest model files from which capabilities can be read. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Fields of a valid ggml header with the smallest dimensions, in the order of the header. The first field, which is the
 * vocabulary size, is left out. The last field selects the weight format q2_k.
 */
const smallest = [1500, 64, 1, 1, 448, 64, 1, 1, 80, 10];

/**
 * Returns a ggml file of `bytes` bytes: a header, and then zeros as weights. Unless `layers` sets many layers, the
 * default size has room for all weights.
 */
export function ggmlHeader(
  vocabulary: number,
  bytes = 1_300_000,
  layers = { encoder: 1, decoder: 1 },
): Uint8Array {
  const header = new DataView(new ArrayBuffer(Math.max(bytes, 48)));
  header.setUint32(0, 0x67676d6c, true);
  for (const [index, value] of [vocabulary, ...smallest].entries()) {
    header.setInt32(4 + 4 * index, value, true);
  }
  header.setInt32(20, layers.encoder, true);
  header.setInt32(36, layers.decoder, true);
  return new Uint8Array(header.buffer, 0, bytes);
}

/**
 * Returns the first fields of model.bin of CTranslate2: the version of the format and the name of the model
 * specification.
 */
export function ctranslate2Weights(specification = "WhisperSpec"): Uint8Array {
  return Uint8Array.of(...uint32(6), ...nameOf(specification));
}

/**
 * Returns a model.bin of CTranslate2 with the given numbers of encoder and decoder layers. Each layer has only one
 * variable, with one weight.
 */
export function ctranslate2Layers(encoder: number, decoder: number): Uint8Array {
  const layers = (part: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${part}/layer_${n}/ffn/linear_0/bias`);
  const names = [...layers("decoder", decoder), ...layers("encoder", encoder)];
  const variables = names.map((name) => [
    ...nameOf(name),
    1,
    ...uint32(1),
    0,
    ...uint32(4),
    ...uint32(0),
  ]);
  return Uint8Array.of(
    ...ctranslate2Weights(),
    ...uint32(3),
    ...uint32(variables.length),
    ...variables.flat(),
  );
}

/** Returns a Whisper vocabulary with `size` tokens. It contains a token for each of the languages. */
export function vocabularyOf(languages: readonly string[], size: number): string[] {
  const steering = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    ...languages.map((code) => `<|${code}|>`),
    "<|translate|>",
    "<|transcribe|>",
  ];
  const text = Array.from({ length: size - steering.length }, (_, id) => `t${id}`);
  return [...text, ...steering];
}

/** Writes the folder of a CTranslate2 model. Omits files whose content is undefined. */
export function writeCtranslate2(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array | undefined>>,
): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files))
    if (content !== undefined) writeFileSync(join(folder, name), content);
  return folder;
}

// --- internal ---

function nameOf(text: string): number[] {
  const bytes = [...new TextEncoder().encode(`${text}\0`)];
  return [bytes.length % 256, Math.floor(bytes.length / 256), ...bytes];
}

function uint32(value: number): number[] {
  return [...new Uint8Array(Uint32Array.of(value).buffer)];
}
