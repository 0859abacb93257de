/** Marks a folder as used by a process that lives: a file in it stays locked until the process ends. */
import { existsSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type FileLock, lockFile } from "../platform/file-lock.ts";

export class FolderLock implements Disposable {
  readonly #folder: string;
  readonly #lock: FileLock;

  static take(folder: string): FolderLock {
    return new FolderLock(folder, lockFile(fileIn(folder), "exclusive"));
  }

  /**
   * Whether no process that lives uses the folder any more: its lock is free, and where locks may not be seen, as
   * through a network, or there is none, nobody has touched it for long either.
   */
  static isAbandoned(folder: string, seesLocks: boolean): boolean {
    const file = fileIn(folder);
    const isThere = existsSync(file);
    const isSilent = Date.now() - statSync(isThere ? file : folder).mtimeMs > silentMsMax;
    if (!isSilent && !(isThere && seesLocks)) return false;
    return !isThere || isFree(file);
  }

  private constructor(folder: string, lock: FileLock) {
    this.#folder = folder;
    this.#lock = lock;
  }

  /** Tells that the folder is in use to whoever looks at times; false when the folder or the lock is gone. */
  touch(): boolean {
    const now = new Date();
    try {
      utimesSync(fileIn(this.#folder), now, now);
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

/** Far more than a process takes to touch its folder again, or to make the lock in a new one. */
const silentMsMax = 24 * 60 * 60 * 1000;

function fileIn(folder: string): string {
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
