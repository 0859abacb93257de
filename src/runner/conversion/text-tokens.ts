/** Converts tokens from GPT-2's printable spelling to bytes. */

import { AsrError } from "../../errors.ts";

/** Returns the bytes of each text token in a vocabulary.txt, in the order of the ids. Control tokens are excluded. */
export function textTokens(vocabulary: string): Uint8Array<ArrayBuffer>[] {
  const spellings = vocabulary.split("\n");
  const count = spellings.indexOf("<|endoftext|>");
  if (count < 0) throw damaged('it has no "<|endoftext|>"');
  return spellings.slice(0, count).map((spelling) => Uint8Array.from(spelling, byteOf));
}

// --- internal ---

/**
 * Maps each character of GPT-2's spelling to its byte. A printable byte is spelled as the character with the same code.
 * The other bytes, in ascending order, are spelled as the characters from U+0100 on.
 */
const bytes: ReadonlyMap<string, number> = spellBytes();

function spellBytes(): Map<string, number> {
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const prints = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad && byte <= 0xff);
  const hidden = all.filter((byte) => !prints(byte));
  return new Map(
    all.map((byte) => [
      String.fromCodePoint(prints(byte) ? byte : 0x100 + hidden.indexOf(byte)),
      byte,
    ]),
  );
}

function byteOf(character: string): number {
  const byte = bytes.get(character);
  if (byte === undefined) {
    throw damaged(`"${character}" does not spell a byte`);
  }
  return byte;
}

function damaged(reason: string): AsrError {
  return new AsrError("model_load_failed", `Cannot read vocabulary.txt: ${reason}`);
}
