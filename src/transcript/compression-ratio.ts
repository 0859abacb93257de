/** Measures how repetitive a text is, in the same way as Whisper. */
import { deflateSync } from "node:zlib";

/**
 * Returns the length of the text in UTF-8, divided by its zlib-compressed length. A text with a ratio above 2.4 repeats
 * itself.
 */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes).length;
}
