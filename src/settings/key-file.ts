/**
 * Reads API keys from a file that contains one key per line. Unlike a key in an environment variable, a key in a file
 * is not visible in the environment of the process.
 */
import { readFileSync, statSync } from "node:fs";
import { isKey } from "./access.ts";

/** Returns the keys in the file. Throws an Error when the file cannot be read or is invalid. */
export function readKeyFile(path: string): readonly string[] {
  const { size } = statSync(path);
  if (size > fileBytesMax)
    throw new Error(`it has ${size} bytes, expected at most ${fileBytesMax}`);
  const lines = readFileSync(path, "utf8").split(/\r?\n/);
  const keys = lines.map((line) => line.trim()).filter((line) => line !== "");
  if (keys.length === 0) throw new Error("the file contains no key, expected one key per line");
  const bad = lines.findIndex((line) => line.trim() !== "" && !isKey(line.trim()));
  if (bad >= 0) throw new Error(`line ${bad + 1} is not a key, expected visible ASCII characters`);
  return Object.freeze(keys);
}

// --- internal ---

const fileBytesMax = 64 * 1024;
