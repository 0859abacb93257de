/**
 * Marks a folder as used by a process that lives: a SQLite file in it stays locked until the process ends, however
 * it ends. Ids of processes would not do, since they are given again, and mean nothing in another container.
 */
import { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

export class FolderLock implements Disposable {
  readonly #database: Database;

  static take(folder: string): FolderLock {
    return new FolderLock(lock(fileIn(folder)));
  }

  /** Whether no process that lives uses the folder any more. */
  static isAbandoned(folder: string): boolean {
    const file = fileIn(folder);
    // A folder without a file may be one that is just being made.
    if (!existsSync(file)) return Date.now() - statSync(folder).mtimeMs > startMsMax;
    try {
      lock(file).close();
      return true;
    } catch {
      return false;
    }
  }

  private constructor(database: Database) {
    this.#database = database;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

// --- internal ---

/** Far more than a process takes from the making of its folder to the making of the lock. */
const startMsMax = 60_000;

function fileIn(folder: string): string {
  return join(folder, "lock");
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
