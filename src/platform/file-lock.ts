/**
 * Locks a file. The system releases the lock when the process ends, even after a crash.
 *
 * The lock is a SQLite lock, because SQLite uses the file locks of the system on every platform. A file that contains a
 * process id would not work. Process ids are reused, and a process has a different id in each container.
 */
import { Database, SQLiteError } from "bun:sqlite";

/** Many processes can hold a shared lock at once; only one process can hold an exclusive lock. */
type LockMode = "shared" | "exclusive";

/** A lock on a file. The lock is released when this object is disposed or when the process ends. */
export type FileLock = Disposable;

/**
 * Locks a file. Creates the file if it does not exist. Throws if another process still holds the lock after `waitMsMax`
 * milliseconds.
 */
export function lockFile(path: string, mode: LockMode, waitMsMax = 0): FileLock {
  const database = mode === "shared" ? openForReading(path) : openForWriting(path);
  try {
    database.run(`PRAGMA busy_timeout = ${waitMsMax}`);
    if (mode === "exclusive") {
      database.run("BEGIN EXCLUSIVE");
    } else {
      // The lock is taken at the first read in the transaction. The transaction stays open, because its end would
      // release the lock.
      database.run("BEGIN");
      database.query("SELECT count(*) FROM sqlite_master").get();
    }
    return { [Symbol.dispose]: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Returns whether `lockFile` failed because another process holds the lock. */
export function isLocked(error: unknown): boolean {
  return error instanceof SQLiteError && error.code === "SQLITE_BUSY";
}

// --- internal ---

function openForWriting(path: string): Database {
  return new Database(path, { create: true });
}

/**
 * Opens the file for reading and writing. If this is impossible, opens it read-only, because a shared lock also works
 * on a read-only disk.
 */
function openForReading(path: string): Database {
  try {
    return openForWriting(path);
  } catch {
    return new Database(path, { readonly: true });
  }
}
