/**
 * The private folder for the uploads of this process. If a cleaner of temporary files removes the folder, it is created
 * again. Also removes the folders of ended processes.
 */
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FolderLock } from "./folder-lock.ts";

/** Interval of touching the folder. Cleaners and servers on other machines only remove folders unchanged for a day or more. */
const touchMs = 60 * 60 * 1000;
/** Limit on attempts to create the folder. Each attempt fails only if the sweep of another process interferes. */
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

  /** Updates the timestamps. Creates a new lock or a new folder if it was removed. Throws file system errors. */
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
 * Creates a folder and locks it. Between these two steps, the sweep of another process may remove the folder as
 * abandoned. The next attempt then uses a new folder.
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
 * Identifies the machine, because file locks may be visible only to processes of the same machine. Other machines may
 * share the folder over a network. On Linux, this is the boot id: all containers under one kernel have the same boot id,
 * but different host names.
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
      // Another server is removing the folder, or this user lacks the permission. The server can start anyway.
    }
  }
}

/** Windows has no user ids. There, each user has a separate temporary folder. */
function isOwnedByUser(folder: string): boolean {
  const uid = process.getuid?.();
  return uid === undefined || lstatSync(folder).uid === uid;
}
