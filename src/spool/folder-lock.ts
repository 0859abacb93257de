/** Marks a folder as in use by a running process: the process holds a lock on a file in it until it ends. */
import { existsSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type FileLock, lockFile } from "../platform/file-lock.ts";

export class FolderLock implements Disposable {
  readonly #folder: string;
  readonly #lock: FileLock;

  static take(folder: string): FolderLock {
    return new FolderLock(folder, lockFile(lockFileIn(folder), "exclusive"));
  }

  /**
   * Whether no running process uses the folder: its lock is free. If the lock file is missing, or the lock may be
   * invisible here (on a network file system), the folder must also be untouched for a day.
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

  /** Updates the timestamps, which other machines check. Returns false when the folder or the lock file is gone. */
  touch(): boolean {
    const now = new Date();
    try {
      utimesSync(lockFileIn(this.#folder), now, now);
      utimesSync(this.#folder, now, now);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}

// --- internal ---

/** Far longer than the interval between two touches, or than creating the lock file in a new folder takes. */
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
