/**
 * Locks a file. The system releases the lock when the process ends, even after a crash.
 *
 * The lock is a SQLite lock, because SQLite uses the file locks of the system on every platform. A file that contains a
 * process id would not work, because process ids are reused and differ between containers.
 */
import { Database, SQLiteError } from "bun:sqlite";

/** Many processes can hold a shared lock at once; only one process can hold an exclusive lock. */
type LockMode = "shared" | "exclusive";

/** Disposing this object releases the lock. The end of the process releases it, too. */
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
      // The first read in the transaction takes the lock. The transaction stays open, which keeps the lock.
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

/** Opens the file. Opens it read-only if it is not writable, because a shared lock also works on a read-only disk. */
function openForReading(path: string): Database {
  try {
    return openForWriting(path);
  } catch {
    return new Database(path, { readonly: true });
  }
}
