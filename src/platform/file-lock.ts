/**
 * A lock that ends with its process, however the process ends: SQLite locks a file through the system, on every
 * platform. Process ids would not do: they are given again, and mean nothing in another container.
 */
import { Database } from "bun:sqlite";

/** Many processes may hold a file's lock when all of them share it; one alone when it is exclusive. */
type LockMode = "shared" | "exclusive";

/** Held until it is disposed of, or its process ends. */
export type FileLock = Disposable;

/** Makes the file if it is not there. Throws when another process still holds the lock after `waitMsMax`. */
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

// --- internal ---

function openForWriting(path: string): Database {
  return new Database(path, { create: true });
}

/** A lock can be shared on a read-only disk, too. */
function openForReading(path: string): Database {
  try {
    return openForWriting(path);
  } catch {
    return new Database(path, { readonly: true });
  }
}
