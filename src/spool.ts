/** Encoded audio on its way to a runner: private files in a private folder, gone when their request ends. */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "./config.ts";

/** A path to write one file to; disposing of it removes the file. */
export interface SpoolFile extends AsyncDisposable {
  readonly path: string;
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
    return { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** How spool files are created: private, and never over a file that exists. */
export const spoolFileOptions = { flags: "wx", mode: 0o600 } as const;

// --- internal ---

/** Names the machine: a shared folder may hold those of others, whose processes cannot be seen from here. */
const folderPrefix = `open-asr-server-${hostname()}-`;

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
