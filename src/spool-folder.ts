/** A private folder that lasts as long as its process, whatever cleans the one around it; those that outlived theirs go. */
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FolderLock } from "./folder-lock.ts";

/** Cleaners of temporary folders leave alone what was touched within days, and so do those of other machines. */
const touchMs = 60 * 60 * 1000;

export class SpoolFolder implements Disposable {
  readonly #parent: string;
  readonly #timer: NodeJS.Timeout;
  #path: string;
  #lock: FolderLock;

  /** Makes it (0700). Throws what the file system says. */
  constructor(parent: string) {
    this.#parent = parent;
    sweep(parent);
    this.#path = makeFolder(parent);
    this.#lock = FolderLock.take(this.#path);
    this.#timer = setInterval(() => this.#keepAll(), touchMs).unref();
  }

  get path(): string {
    return this.#path;
  }

  /** Makes it anew, elsewhere, if it was taken away. Throws what the file system says. */
  keep(): void {
    if (this.#lock.touch()) return;
    const path = existsSync(this.#path) ? this.#path : makeFolder(this.#parent);
    const lock = FolderLock.take(path);
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

function makeFolder(parent: string): string {
  return mkdtempSync(join(parent, `${prefix}${machineName()}-`));
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
