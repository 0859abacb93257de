/**
 * Computes the version of a model's files from their metadata. A different version shows that the files have changed.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Maximum number of files to check. The folder of a model has about a dozen files, but the path may be the path of a
 * folder with many other files.
 */
const filesMax = 100;

/**
 * Returns a text that describes the file at `path`, or all files directly in the folder at `path`. The text changes
 * when one of the files is written, replaced, added or removed.
 */
export function fileVersion(path: string): string {
  const names = namesIn(path);
  if (names === null) return versionOf(path);
  return names.map((name) => `${name} ${versionOf(join(path, name))}`).join("\n");
}

// --- internal ---

/** Returns the names of the first files in the folder. Null when the path is not a readable folder. */
function namesIn(path: string): string[] | null {
  try {
    return readdirSync(path).toSorted().slice(0, filesMax);
  } catch {
    return null;
  }
}

function versionOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return "absent";
  }
}
