/** Removes library folders that earlier versions left in a cache folder, never one that a process may be using. */
import { lstatSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type FileLock, lockFile } from "./file-lock.ts";

/**
 * Holds the cache folder for this process until it ends: as long as any process holds it, no other one sweeps it.
 * The first call removes old library folders, if no other process holds the cache folder.
 */
export function holdCacheFolder(cacheFolder: string): void {
  if (held.has(cacheFolder)) return;
  sweep(cacheFolder);
  try {
    held.set(cacheFolder, lockFile(lockIn(cacheFolder), "shared", sweepMsMax));
  } catch {
    // On a read-only disk that has no lock yet. Nothing is swept there either.
  }
}

/** Marks a library folder as used today, so that it counts as old a month from now. */
export function markUsed(libraryFolder: string): void {
  const now = new Date();
  try {
    utimesSync(libraryFolder, now, now);
  } catch {
    // On a read-only disk.
  }
}

// --- internal ---

const held = new Map<string, FileLock>();

const oldMs = 30 * 24 * 3600 * 1000;
/** Far more than it takes to remove a few folders. */
const sweepMsMax = 5000;

function lockIn(cacheFolder: string): string {
  return join(cacheFolder, "in-use");
}

function sweep(cacheFolder: string): void {
  try {
    if (oldLibraryFolders(cacheFolder).length === 0) return;
    using _alone = lockFile(lockIn(cacheFolder), "exclusive");
    // Looked at again: a process that has ended since may have used one of them.
    for (const folder of oldLibraryFolders(cacheFolder)) {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    // Another process uses the cache folder, or a folder cannot be removed. A later start sweeps.
  }
}

function oldLibraryFolders(cacheFolder: string): string[] {
  const newest = Date.now() - oldMs;
  return readdirSync(cacheFolder)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((name) => join(cacheFolder, name))
    .filter((folder) => lstatSync(folder).mtimeMs <= newest);
}
