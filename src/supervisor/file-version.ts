/** Tells whether the files of a model changed, without reading them. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** A model's folder has a dozen files; others may lie there. */
const filesMax = 100;

/** Differs after the file, or a file directly in the folder, was written, replaced, added or removed. */
export function fileVersion(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) return versionOf(path);
  const names = readdirSync(path).toSorted().slice(0, filesMax);
  return names.map((name) => `${name} ${versionOf(join(path, name))}`).join("\n");
}

// --- internal ---

function versionOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return "absent";
  }
}
