/**
 * Finds the files that match a pattern such as "talks/part-*.mp3". The program does this itself, because some shells,
 * for example those of Windows, do not replace a pattern with file names.
 */
import type { WalkOptions } from "./folder-walk.ts";

export interface FilePattern {
  /** Folder in which the search starts: the part of the pattern before the first part with a wildcard. */
  readonly folder: string;
  readonly options: WalkOptions;
}

/** Parses the argument as a pattern. Null when the argument contains no wildcard. */
export function readPattern(argument: string): FilePattern | null {
  const parts = (isWindows ? argument.replaceAll("\\", "/") : argument).split("/");
  const first = parts.findIndex((part) => /[*?[{]/u.test(part));
  if (first < 0) return null;
  const start = parts.slice(0, first).join("/");
  const folder = first === 0 ? "." : start || "/";
  const rest = parts.slice(first).join("/");
  // Escapes a "!" at the start, because Bun.Glob would negate the pattern.
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

/** Changes text to lower case on Windows, because Windows ignores the case of file names. */
function cased(text: string): string {
  return isWindows ? text.toLowerCase() : text;
}
