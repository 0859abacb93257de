/** Marks a folder as in use. The process holds a lock on a file in the folder until the process ends. */
import { existsSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../platform/error-code.ts";
import { type FileLock, lockFile } from "../platform/file-lock.ts";

export class FolderLock implements Disposable {
  readonly #folder: string;
  readonly #lock: FileLock;

  static take(folder: string): FolderLock {
    return new FolderLock(folder, lockFile(lockFileIn(folder), "exclusive"));
  }

  /**
   * Returns whether no running process uses the folder: its lock is free, or the lock file is missing. In two cases,
   * the folder must also be unchanged for a day: when the lock file is missing, and when this machine cannot see locks
   * of other machines on a network file system (`seesLocks` is false).
   */
  static isAbandoned(folder: string, seesLocks: boolean): boolean {
    const file = lockFileIn(folder);
    const lockExists = existsSync(file);
    const isStale = Date.now() - statSync(lockExists ? file : folder).mtimeMs > staleMs;
    if (!isStale && !(lockExists && seesLocks)) return false;
    return !lockExists || isFree(file);
  }

  private constructor(folder: string, lock: FileLock) {
    this.#folder = folder;
    this.#lock = lock;
  }

  /**
   * Updates the timestamps of the folder and of the lock file, which other machines check. Returns false when one of
   * them was removed.
   */
  touch(): boolean {
    const now = new Date();
    try {
      utimesSync(lockFileIn(this.#folder), now, now);
      utimesSync(this.#folder, now, now);
      return true;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return false;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}

// --- internal ---

/**
 * Time in milliseconds without a change after which a folder counts as abandoned. It must be much longer than the
 * interval between two calls of `touch`, and than the time to create a lock file.
 */
const staleMs = 24 * 60 * 60 * 1000;

function lockFileIn(folder: string): string {
  return join(folder, "lock");
}

function isFree(file: string): boolean {
  try {
    lockFile(file, "exclusive")[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}
