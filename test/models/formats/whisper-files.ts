/** Creates the smallest model files from which capabilities can be read. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The dimensions of the smallest ggml header that is valid, in the order of the header; the format is q2_k. */
const smallest = [1500, 64, 1, 1, 448, 64, 1, 1, 80, 10];

/** A ggml header with room for its weights, or only the first `bytes` bytes of it. */
export function ggmlHeader(vocabulary: number, bytes = 1_300_000): Uint8Array {
  const header = new DataView(new ArrayBuffer(Math.max(bytes, 48)));
  header.setUint32(0, 0x67676d6c, true);
  for (const [index, value] of [vocabulary, ...smallest].entries()) {
    header.setInt32(4 + 4 * index, value, true);
  }
  return new Uint8Array(header.buffer, 0, bytes);
}

/** Returns the start of a CTranslate2 file with weights: its version and the name of its specification. */
export function ctranslate2Weights(specification = "WhisperSpec"): Uint8Array {
  const name = new TextEncoder().encode(`${specification}\0`);
  return new Uint8Array([6, 0, 0, 0, name.length, 0, ...name]);
}

/** Returns a Whisper vocabulary with `size` tokens, including tokens for these languages. */
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

/** Writes the folder of a model. Omits files whose content is undefined. */
export function writeCtranslate2(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array | undefined>>,
): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files))
    if (content !== undefined) writeFileSync(join(folder, name), content);
  return folder;
}
