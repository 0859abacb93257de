/**
 * A file lock. The system releases the lock when the process ends, even after a crash.
 *
 * SQLite locks the file through the system on every platform. A file that contains a process id would not work, because
 * process ids are reused and differ between containers.
 */
import { Database, SQLiteError } from "bun:sqlite";

/** Many processes can hold a shared lock at once; only one process can hold an exclusive lock. */
type LockMode = "shared" | "exclusive";

/** Disposing of it, or the end of the process, releases the lock. */
export type FileLock = Disposable;

/** Creates the file if it does not exist. Throws if another process still holds the lock after `waitMsMax`. */
export function lockFile(path: string, mode: LockMode, waitMsMax = 0): FileLock {
  const database = mode === "shared" ? openForReading(path) : openForWriting(path);
  try {
    database.run(`PRAGMA busy_timeout = ${waitMsMax}`);
    if (mode === "exclusive") {
      database.run("BEGIN EXCLUSIVE");
    } else {
      // The first read in the transaction takes the lock. The transaction stays open to keep it.
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

/** Opens the file read-only if it is not writable: a shared lock works on a read-only disk, too. */
function openForReading(path: string): Database {
  try {
    return openForWriting(path);
  } catch {
    return new Database(path, { readonly: true });
  }
}
