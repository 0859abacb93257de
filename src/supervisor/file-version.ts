/** Tells whether the files of a model changed, without reading them. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** A model's folder has a dozen files; others may lie there. */
const filesMax = 100;

/** Differs after the file, or a file directly in the folder, was written, replaced, added or removed. */
export function fileVersion(path: string): string {
  const names = namesIn(path);
  if (names === null) return versionOf(path);
  return names.map((name) => `${name} ${versionOf(join(path, name))}`).join("\n");
}

// --- internal ---

/** The first files of a folder; null when the path is not a readable folder. */
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
