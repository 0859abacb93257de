/** A private folder that lasts as long as its process, whatever cleans the one around it; those that outlived theirs go. */
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FolderLock } from "./folder-lock.ts";

/** Cleaners of temporary folders leave alone what was touched within days, and so do those of other machines. */
const touchMs = 60 * 60 * 1000;
/** Far more than it takes to find a moment in which nobody else sweeps. */
const triesMax = 8;

export class SpoolFolder implements Disposable {
  readonly #parent: string;
  readonly #timer: NodeJS.Timeout;
  #path: string;
  #lock: FolderLock;

  /** Makes it (0700). Throws what the file system says. */
  constructor(parent: string) {
    this.#parent = parent;
    sweep(parent);
    ({ path: this.#path, lock: this.#lock } = holdFolder(parent));
    this.#timer = setInterval(() => this.#keepAll(), touchMs).unref();
  }

  get path(): string {
    return this.#path;
  }

  /** Makes it anew, elsewhere, if it was taken away. Throws what the file system says. */
  keep(): void {
    if (this.#lock.touch()) return;
    const { path, lock } = existsSync(this.#path)
      ? { path: this.#path, lock: FolderLock.take(this.#path) }
      : holdFolder(this.#parent);
    this.#lock[Symbol.dispose]();
    this.#path = path;
    this.#lock = lock;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#lock[Symbol.dispose]();
    rmSync(this.#path, { recursive: true, force: true });
  }

  #keepAll(): void {
    try {
      this.keep();
      sweep(this.#parent);
    } catch {
      // The next upload meets what is wrong, and says so.
    }
  }
}

// --- internal ---

const prefix = "open-asr-server-spool-";

/**
 * Makes a folder and locks it. Another process that sweeps between the two takes it for one that was left: it holds
 * the lock for a moment, and removes the folder. Then the next one has better luck.
 */
function holdFolder(parent: string): { readonly path: string; readonly lock: FolderLock } {
  for (let tries = 1; ; tries++) {
    const path = mkdtempSync(join(parent, `${prefix}${machineName()}-`));
    try {
      return { path, lock: FolderLock.take(path) };
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      if (tries === triesMax) throw error;
    }
  }
}

/**
 * Names whoever sees the locks of this machine: all containers under one Linux kernel, which their own names would
 * tell apart. Others may share the folder through a network, and their locks may not be seen from here.
 */
function machineName(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return hostname();
  }
}

function sweep(parent: string): void {
  const ours = `${prefix}${machineName()}-`;
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(parent, name);
    try {
      if (!isOurUsers(folder) || !FolderLock.isAbandoned(folder, name.startsWith(ours))) continue;
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another server sweeps it at this moment, or it is not ours to remove: no reason not to start.
    }
  }
}

/** Windows has no ids of users; there the temporary folder is each user's own. */
function isOurUsers(folder: string): boolean {
  const uid = process.getuid?.();
  return uid === undefined || lstatSync(folder).uid === uid;
}
