/** Creates the smallest model files from which capabilities can be read. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Returns the first `bytes` bytes of a ggml header. */
export function ggmlHeader(vocabulary: number, bytes = 48): Uint8Array {
  const header = new DataView(new ArrayBuffer(48));
  header.setUint32(0, 0x67676d6c, true);
  header.setInt32(4, vocabulary, true);
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
