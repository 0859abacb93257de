/**
 * Matches files against a pattern such as "talks/part-*.mp3". Some shells, for example those of Windows, do not replace a
 * pattern with file names.
 */
import type { WalkOptions } from "./folder-walk.ts";

export interface FilePattern {
  /** The folder before the first part with a wildcard. */
  readonly folder: string;
  readonly options: WalkOptions;
}

/** Returns the pattern in the argument. Null when the argument has no wildcard. */
export function readPattern(argument: string): FilePattern | null {
  const parts = (isWindows ? argument.replaceAll("\\", "/") : argument).split("/");
  const first = parts.findIndex((part) => /[*?[{]/u.test(part));
  if (first < 0) return null;
  const start = parts.slice(0, first).join("/");
  const folder = first === 0 ? "." : start || "/";
  const rest = parts.slice(first).join("/");
  // A "!" at the start would negate the pattern.
  const glob = new Bun.Glob(cased(rest).replace(/^!/u, String.raw`\!`));
  return {
    folder,
    options: {
      depthMax: rest.includes("**") ? Infinity : rest.split("/").length,
      accepts: (relative) => glob.match(cased(relative.toWellFormed())),
    },
  };
}

// --- internal ---

const isWindows = process.platform === "win32";

/** File names of Windows are compared without case. */
function cased(text: string): string {
  return isWindows ? text.toLowerCase() : text;
}
