/** Writes files that other processes read. */
import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes the file as a whole or not at all, so that another process never reads a part of it. `mode` are the
 * permissions of the file.
 */
export function writeWholeFile(path: string, content: string | Uint8Array, mode: number): void {
  const unfinished = `${path}.${crypto.randomUUID()}`;
  try {
    writeFileSync(unfinished, content, { mode, flag: "wx" });
    renameSync(unfinished, path);
  } finally {
    removeIfPossible(unfinished);
  }
}

/**
 * Removes a file. Ignores a failure, because the failure would replace the error that the caller is about to report.
 */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The removal fails for example when the disk has become read-only.
  }
}
