/**
 * File names that are not UTF-8; only Linux has them. In a string each byte that is not UTF-8 is a lone surrogate,
 * U+DC80 to U+DCFF, as in Python.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";

/** The last arguments of this process, without the loss of bytes that are not UTF-8. */
export function exactArguments(args: readonly string[]): readonly string[] {
  const isLossy = args.some((argument) => argument.includes("\uFFFD"));
  if (!isLossy || process.platform !== "linux") return args;
  const commandLine = readFileSync("/proc/self/cmdline");
  const exact: string[] = [];
  for (let from = 0; from < commandLine.length;) {
    const end = commandLine.indexOf(0, from);
    exact.push(decode(commandLine.subarray(from, end)));
    from = end + 1;
  }
  return exact.slice(-args.length);
}

/** The name as the functions of `node:fs` take it. */
export function systemPath(path: string): string | Buffer {
  if (path.isWellFormed()) return path;
  const characters = Array.from(path).map((character) => {
    const code = character.charCodeAt(0);
    const isByte = character.length === 1 && code >= byteBase + 0x80 && code <= byteBase + 0xff;
    return isByte ? Buffer.from([code - byteBase]) : Buffer.from(character);
  });
  return Buffer.concat(characters);
}

/** The name for a terminal: its bytes can neither move the cursor nor reverse the text. */
export function shownPath(path: string): string {
  return path.toWellFormed().replaceAll(unprintable, "\uFFFD");
}

/** The name without its folder and its extension. Bun's `basename` replaces bytes that are not UTF-8. */
export function stemOf(path: string): string {
  if (path.isWellFormed()) return basename(path, extname(path));
  return path.slice(path.lastIndexOf("/") + 1).replace(/(?<=.)\.[^.]*$/u, "");
}

// --- internal ---

const byteBase = 0xdc00;

/** Control characters, line separators, and marks that change the direction of text. */
const unprintable = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

function decode(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((count) => isUtf8(bytes.subarray(at, at + count)));
    text +=
      length === undefined
        ? String.fromCharCode(byteBase + bytes[at]!)
        : bytes.toString("utf8", at, at + length);
    at += length ?? 1;
  }
  return text;
}
