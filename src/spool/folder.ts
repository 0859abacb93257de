/**
 * A private folder for the lifetime of this process. If a cleaner of temporary files removes it, it is created again.
 * Folders of ended processes are removed.
 */
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FolderLock } from "./folder-lock.ts";

/** Cleaners of temporary files, and servers on other machines, remove only folders that are untouched for a day or longer. */
const touchMs = 60 * 60 * 1000;
/** Far more attempts than needed to miss the sweep of another process. */
const attemptsMax = 8;

export class SpoolFolder implements Disposable {
  readonly #parent: string;
  readonly #timer: NodeJS.Timeout;
  #path: string;
  #lock: FolderLock;

  /** Creates the folder (mode 0700). Throws file system errors. */
  constructor(parent: string) {
    this.#parent = parent;
    sweep(parent);
    ({ path: this.#path, lock: this.#lock } = createLockedFolder(parent));
    this.#timer = setInterval(() => this.#refreshAndSweep(), touchMs).unref();
  }

  get path(): string {
    return this.#path;
  }

  /** Refreshes the timestamps. Creates a new lock, or a new folder, if they were removed. Throws file system errors. */
  refresh(): void {
    if (this.#lock.touch()) return;
    const { path, lock } = existsSync(this.#path)
      ? { path: this.#path, lock: FolderLock.take(this.#path) }
      : createLockedFolder(this.#parent);
    this.#lock[Symbol.dispose]();
    this.#path = path;
    this.#lock = lock;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#lock[Symbol.dispose]();
    rmSync(this.#path, { recursive: true, force: true });
  }

  #refreshAndSweep(): void {
    try {
      this.refresh();
      sweep(this.#parent);
    } catch {
      // The next upload fails with the same error and reports it.
    }
  }
}

// --- internal ---

const prefix = "open-asr-server-spool-";

/**
 * Creates a folder and locks it. A sweep by another process between these two steps treats the folder as abandoned: it
 * holds the lock for a moment and removes the folder. The next attempt then uses a new folder.
 */
function createLockedFolder(parent: string): { readonly path: string; readonly lock: FolderLock } {
  for (let attempt = 1; ; attempt++) {
    const path = mkdtempSync(join(parent, `${prefix}${machineName()}-`));
    try {
      return { path, lock: FolderLock.take(path) };
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      if (attempt === attemptsMax) throw error;
    }
  }
}

/**
 * Identifies the machine whose processes see each other's file locks. On Linux this is the boot id: all containers under
 * one kernel share it, but have different host names. Other machines may share the folder over a network, and their
 * locks may be invisible here.
 */
function machineName(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return hostname();
  }
}

function sweep(parent: string): void {
  const ownPrefix = `${prefix}${machineName()}-`;
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(parent, name);
    try {
      if (!isOwnedByUser(folder) || !FolderLock.isAbandoned(folder, name.startsWith(ownPrefix)))
        continue;
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another server is removing the folder, or this user may not remove it. The server can start anyway.
    }
  }
}

/** Windows has no user ids; its temporary folder is already per user. */
function isOwnedByUser(folder: string): boolean {
  const uid = process.getuid?.();
  return uid === undefined || lstatSync(folder).uid === uid;
}
