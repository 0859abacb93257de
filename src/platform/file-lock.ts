/**
 * A file lock that the system releases when its process ends, however the process ends.
 *
 * SQLite locks the file through the system on every platform. A file with a process id would not work: process ids
 * are reused and differ between containers.
 */
import { Database, SQLiteError } from "bun:sqlite";

/** Many processes can hold a shared lock at once; only one process can hold an exclusive lock. */
type LockMode = "shared" | "exclusive";

/** Released when it is disposed of, or when its process ends. */
export type FileLock = Disposable;

/** Creates the file if it does not exist. Throws if another process still holds the lock after `waitMsMax`. */
export function lockFile(path: string, mode: LockMode, waitMsMax = 0): FileLock {
  const database = mode === "shared" ? openForReading(path) : openForWriting(path);
  try {
    database.run(`PRAGMA busy_timeout = ${waitMsMax}`);
    if (mode === "exclusive") {
      database.run("BEGIN EXCLUSIVE");
    } else {
      // The first read takes the lock; the open transaction keeps it.
      database.run("BEGIN");
      database.query("SELECT count(*) FROM sqlite_master").get();
    }
    return { [Symbol.dispose]: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whether `lockFile` failed because another process holds the lock. */
export function isLocked(error: unknown): boolean {
  return error instanceof SQLiteError && error.code === "SQLITE_BUSY";
}

// --- internal ---

function openForWriting(path: string): Database {
  return new Database(path, { create: true });
}

/** A shared lock also works on a read-only disk. */
function openForReading(path: string): Database {
  try {
    return openForWriting(path);
  } catch {
    return new Database(path, { readonly: true });
  }
}
