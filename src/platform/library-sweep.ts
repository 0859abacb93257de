/**
 * Removes the library folders of earlier program versions from a cache folder. Removes nothing while another process
 * uses the cache folder.
 */
import { lstatSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type FileLock, lockFile } from "./file-lock.ts";

/**
 * Holds the cache folder until this process ends. While at least one process holds the cache folder, no process removes
 * folders from it.
 *
 * If no other process holds the cache folder, the first call also removes old library folders.
 */
export function holdCacheFolder(cacheFolder: string): void {
  if (held.has(cacheFolder)) return;
  sweep(cacheFolder);
  try {
    held.set(cacheFolder, lockFile(lockIn(cacheFolder), "shared", sweepMsMax));
  } catch {
    // The disk is read-only and contains no lock file, so no process can remove folders from the cache folder.
  }
}

/** Records that the library folder was used now. After a month without use, the folder counts as old. */
export function markUsed(libraryFolder: string): void {
  const now = new Date();
  try {
    utimesSync(libraryFolder, now, now);
  } catch {
    // The disk is read-only, so the time of use cannot be recorded.
  }
}

// --- internal ---

const held = new Map<string, FileLock>();

const oldMs = 30 * 24 * 3600 * 1000;
/**
 * Maximum time in milliseconds to wait for another process that is removing folders. Removing a few folders takes much
 * less time.
 */
const sweepMsMax = 5000;

function lockIn(cacheFolder: string): string {
  return join(cacheFolder, "in-use");
}

function sweep(cacheFolder: string): void {
  try {
    if (oldLibraryFolders(cacheFolder).length === 0) return;
    using _alone = lockFile(lockIn(cacheFolder), "exclusive");
    // Lists the folders again, because another process may have used an old folder before the lock was taken.
    for (const folder of oldLibraryFolders(cacheFolder)) {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    // Another process uses the cache folder, or a folder cannot be removed. A later start of the program tries again.
  }
}

function oldLibraryFolders(cacheFolder: string): string[] {
  const newest = Date.now() - oldMs;
  return readdirSync(cacheFolder)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((name) => join(cacheFolder, name))
    .filter((folder) => lstatSync(folder).mtimeMs <= newest);
}
