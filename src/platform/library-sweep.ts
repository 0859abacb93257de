/**
 * Removes old library folders of earlier versions from a cache folder. Never removes a folder that a process may be
 * using.
 */
import { lstatSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type FileLock, lockFile } from "./file-lock.ts";

/**
 * Holds the cache folder until this process ends. No process removes folders while any process holds the cache
 * folder.
 *
 * The first call removes old library folders, if no other process holds the cache folder.
 */
export function holdCacheFolder(cacheFolder: string): void {
  if (held.has(cacheFolder)) return;
  sweep(cacheFolder);
  try {
    held.set(cacheFolder, lockFile(lockIn(cacheFolder), "shared", sweepMsMax));
  } catch {
    // The disk is read-only and has no lock file. No process removes folders there either.
  }
}

/** Sets the time of last use of a library folder to now. The folder counts as old a month later. */
export function markUsed(libraryFolder: string): void {
  const now = new Date();
  try {
    utimesSync(libraryFolder, now, now);
  } catch {
    // The disk is read-only.
  }
}

// --- internal ---

const held = new Map<string, FileLock>();

const oldMs = 30 * 24 * 3600 * 1000;
/** Much longer than the removal of a few folders takes. */
const sweepMsMax = 5000;

function lockIn(cacheFolder: string): string {
  return join(cacheFolder, "in-use");
}

function sweep(cacheFolder: string): void {
  try {
    if (oldLibraryFolders(cacheFolder).length === 0) return;
    using _alone = lockFile(lockIn(cacheFolder), "exclusive");
    // Reads the list again: another process may have used one of the folders and ended since the first read.
    for (const folder of oldLibraryFolders(cacheFolder)) {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    // Another process uses the cache folder, or a folder cannot be removed. A later start tries again.
  }
}

function oldLibraryFolders(cacheFolder: string): string[] {
  const newest = Date.now() - oldMs;
  return readdirSync(cacheFolder)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((name) => join(cacheFolder, name))
    .filter((folder) => lstatSync(folder).mtimeMs <= newest);
}
