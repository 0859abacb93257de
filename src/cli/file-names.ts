/**
 * Handles file names that are not valid UTF-8. Only Linux has such file names. As in Python, each invalid byte is kept
 * in the string as a lone surrogate, U+DC80 to U+DCFF.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";

/**
 * Returns the last `args.length` arguments of this process with their original bytes. `args` contains the same
 * arguments, but the runtime has replaced all bytes in them that are not valid UTF-8.
 */
export function exactArguments(args: readonly string[]): readonly string[] {
  const isLossy = args.some((argument) => argument.includes("\uFFFD"));
  if (!isLossy || process.platform !== "linux") return args;
  const commandLine = readFileSync("/proc/self/cmdline");
  const exact: string[] = [];
  for (let from = 0; from < commandLine.length;) {
    const end = commandLine.indexOf(0, from);
    exact.push(pathFromBytes(commandLine.subarray(from, end)));
    from = end + 1;
  }
  return exact.slice(-args.length);
}

/**
 * Returns the file name in a form that the functions of `node:fs` accept: a string, or bytes if the name is not valid
 * UTF-8.
 */
export function systemPath(path: string): string | Buffer {
  if (path.isWellFormed()) return path;
  const characters = Array.from(path).map((character) => {
    const code = character.charCodeAt(0);
    const isByte = character.length === 1 && code >= byteBase + 0x80 && code <= byteBase + 0xff;
    return isByte ? Buffer.from([code - byteBase]) : Buffer.from(character);
  });
  return Buffer.concat(characters);
}

/**
 * Returns the file name for display on a terminal. Replaces characters that move the cursor or reverse the direction of
 * text.
 */
export function shownPath(path: string): string {
  return path.toWellFormed().replaceAll(unprintable, "\uFFFD");
}

/**
 * Joins the path of a folder and a file name. This function and the functions below do not use `node:path`, because
 * `node:path` of Bun replaces bytes that are not valid UTF-8.
 */
export function joinPath(folder: string, name: string): string {
  if (folder === "" || folder === ".") return name;
  return `${folder.replace(separatorsAtEnd, "")}/${name}`;
}

/** Returns the folder part of the path, or "." if the path contains no folder. */
export function parentOf(path: string): string {
  const end = path.length - nameOf(path).length;
  if (end === 0) return ".";
  return path.slice(0, end).replace(separatorsAtEnd, "") || "/";
}

/** Returns the file name without its folder. */
export function nameOf(path: string): string {
  return path.slice(path.search(nameAtEnd));
}

/** Returns the path without the extension of its file name. */
export function withoutExtension(path: string): string {
  return path.slice(0, path.length - extensionOf(path).length);
}

/** Returns the extension of the file name, including the dot. Empty for a name without an extension. */
export function extensionOf(path: string): string {
  return /(?<=.)\.[^.]*$/u.exec(nameOf(path))?.[0] ?? "";
}

/** Converts the bytes of a file name to a string. Inverse function of `systemPath`. */
export function pathFromBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
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

// --- internal ---

const isWindows = process.platform === "win32";
const separatorsAtEnd = isWindows ? /[/\\]+$/u : /\/+$/u;
const nameAtEnd = isWindows ? /[^/\\:]*$/u : /[^/]*$/u;

const byteBase = 0xdc00;

/** Control characters, line separators, and characters that change the direction of text. */
const unprintable = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;
