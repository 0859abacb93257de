/** Measures how repetitive a text is. Uses the same measure as OpenAI's Whisper. */
import { deflateSync } from "node:zlib";

/**
 * Returns the number of bytes of the text in UTF-8, divided by the number of bytes of its zlib-compressed form. A text
 * with a ratio above 2.4 is repetitive.
 */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes).length;
}
