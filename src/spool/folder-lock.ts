/** Marks a folder as in use. The process that uses the folder locks a file in it until the process ends. */
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
   * Returns whether no running process uses the folder. If the lock file exists, its lock must be free. If the lock
   * file is missing, the folder must be unchanged for a day. If `seesLocks` is false, the lock file must also be
   * unchanged for a day, because this machine cannot see the locks of other machines on a network file system.
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
   * Updates the timestamps of the folder and of the lock file, because other machines check these timestamps. Returns
   * false when the folder or the lock file was removed.
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
 * interval between two calls of `touch`, and much longer than it takes to create a lock file.
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
