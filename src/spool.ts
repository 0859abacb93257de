/** Encoded audio on its way to a runner: private files in a private folder, gone when their request ends. */
import {
  createWriteStream,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  type WriteStream,
} from "node:fs";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "./config.ts";

/** A place for one file; disposing of it removes the file. */
export interface SpoolFile extends AsyncDisposable {
  readonly path: string;
  /** Makes the file (0600), which must not be there yet. */
  createWriter(): WriteStream;
}

export class Spool implements Disposable {
  readonly #folder: string;
  #filesMade = 0;

  /** Makes the folder (0700) and sweeps those that killed processes of this machine left. */
  static open(parent: string): Spool {
    try {
      sweep(parent);
      return new Spool(mkdtempSync(join(parent, `${folderPrefix}${process.pid}-`)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(
        `Cannot make a folder for uploads in "${parent}": ${reason}; ` +
          "name a writable one in OPEN_ASR_SERVER_SPOOL_DIR",
      );
    }
  }

  private constructor(folder: string) {
    this.#folder = folder;
    process.once("exit", () => this[Symbol.dispose]());
  }

  file(): SpoolFile {
    this.#filesMade += 1;
    const path = join(this.#folder, String(this.#filesMade));
    return {
      path,
      // Opened here and now: a file that appears after its removal would stay.
      createWriter: () => createWriteStream(path, { fd: openSync(path, "wx", 0o600) }),
      [Symbol.asyncDispose]: () => rm(path, { force: true }),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

// --- internal ---

/** Names the machine: a shared folder may hold those of others, whose processes cannot be seen from here. */
const folderPrefix = `open-asr-server-spool-${hostname()}-`;

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(folderPrefix)) continue;
    const path = join(parent, name);
    const pid = Number(name.slice(folderPrefix.length).split("-", 1)[0]);
    const isOurs = lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
    if (isOurs && Number.isInteger(pid) && !isAlive(pid)) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
