/**
 * Marks a folder as used by a process that lives: a SQLite file in it stays locked until the process ends, however
 * it ends. Ids of processes would not do, since they are given again, and mean nothing in another container.
 */
import { Database } from "bun:sqlite";
import { existsSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

export class FolderLock implements Disposable {
  readonly #folder: string;
  readonly #database: Database;

  static take(folder: string): FolderLock {
    return new FolderLock(folder, lock(fileIn(folder)));
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

  private constructor(folder: string, database: Database) {
    this.#folder = folder;
    this.#database = database;
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
    this.#database.close();
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
    lock(file).close();
    return true;
  } catch {
    return false;
  }
}

/** Throws when another process holds it. */
function lock(file: string): Database {
  const database = new Database(file, { create: true });
  try {
    database.run("PRAGMA busy_timeout = 0");
    database.run("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
