/**
 * Reads the kind, size and times of files. Returns null instead of an error, because the error is reported later, when
 * the program tries to open the file.
 */
import { lstatSync, type Stats, statSync } from "node:fs";
import { systemPath } from "../file-names.ts";

/** Returns facts about the file to which the path leads. Null when nothing exists there, or when it cannot be accessed. */
export function fileStats(path: string): Stats | null {
  return orNull(() => statSync(systemPath(path), { throwIfNoEntry: false }));
}

/** Like `fileStats`, but if the path is a link, returns facts about the link itself. */
export function entryStats(path: string): Stats | null {
  return orNull(() => lstatSync(systemPath(path), { throwIfNoEntry: false }));
}

// --- internal ---

function orNull(read: () => Stats | undefined): Stats | null {
  try {
    return read() ?? null;
  } catch {
    return null;
  }
}
