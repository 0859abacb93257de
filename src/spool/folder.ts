/**
 * Manages the private folder for the uploads of this process. Creates the folder again when another program removes it,
 * for example a cleaner of temporary files. Removes folders of processes that have ended.
 */
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FolderLock } from "./folder-lock.ts";

/**
 * Interval in milliseconds between two updates of the timestamps of the folder. Other programs may remove the folder
 * only if it was unchanged for a day or more. These programs are cleaners, and servers on other machines.
 */
const touchMs = 60 * 60 * 1000;
/**
 * Maximum number of attempts to create the folder. An attempt fails only if another process removes the new folder
 * because the folder seems to be abandoned.
 */
const attemptsMax = 8;

export class SpoolFolder implements Disposable {
  readonly #parent: string;
  readonly #timer: NodeJS.Timeout;
  #path: string;
  #lock: FolderLock;

  /** Creates the folder with mode 0700. Throws file system errors. */
  constructor(parent: string) {
    this.#parent = parent;
    sweep(parent);
    ({ path: this.#path, lock: this.#lock } = createLockedFolder(parent));
    this.#timer = setInterval(() => this.#refreshAndSweep(), touchMs).unref();
  }

  get path(): string {
    return this.#path;
  }

  /**
   * Updates the timestamps of the folder. When the folder or its lock file was removed, creates it again. Throws file
   * system errors.
   */
  refresh(): void {
    if (this.#lock.touch()) return;
    const { path, lock } = existsSync(this.#path)
      ? { path: this.#path, lock: FolderLock.take(this.#path) }
      : createLockedFolder(this.#parent);
    this.#lock[Symbol.dispose]();
    this.#path = path;
    this.#lock = lock;
  }

  /** Removes the folder. If that is not possible, the next process that opens a spool removes it. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#lock[Symbol.dispose]();
    try {
      rmSync(this.#path, { recursive: true, force: true });
    } catch {
      // On Windows, a folder cannot be removed while another program, such as a virus scanner, has one of its files open.
    }
  }

  #refreshAndSweep(): void {
    try {
      this.refresh();
      sweep(this.#parent);
    } catch {
      // Ignores the error. If the problem persists, the next upload fails with the same error and reports it.
    }
  }
}

// --- internal ---

const prefix = "open-asr-server-spool-";

/**
 * Creates a folder and locks it. Before the folder is locked, another process may remove it, because it seems to be
 * abandoned. The next attempt then creates a new folder.
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
 * Returns a name that identifies this machine. Several machines may share the folder over a network, and a process may
 * see only the locks of its own machine. On Linux, the name is the boot id. All containers on one kernel have the same
 * boot id, but their host names differ.
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
      // Another server is removing the folder, or this user has no permission to remove it. Continues with the next
      // folder.
    }
  }
}

/**
 * Returns whether the folder belongs to this user. Windows has no user ids. There, returns true, because each user has
 * a separate temporary folder.
 */
function isOwnedByUser(folder: string): boolean {
  const uid = process.getuid?.();
  return uid === undefined || lstatSync(folder).uid === uid;
}
