/** Encoded audio on its way to a runner: private files in a private folder, gone when their request ends. */
import { statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../settings/config.ts";
import { type AsrError, retryLater } from "../errors.ts";
import { unlessAborted } from "../platform/abort.ts";
import { SpoolFolder } from "./folder.ts";
import { asStorageError, storageFull, WrittenFile } from "./written-file.ts";

export interface SpoolLimits {
  /** What all files may take together. */
  readonly spoolBytesMax: number;
  /** What must stay free of the disk. */
  readonly diskBytesFreeMin: number;
}

/** What is known of a file before it comes. */
export interface ExpectedFile {
  readonly bytes: number;
  /** When to retry if other files leave no room for it. */
  readonly retryAfterS: () => number;
}

/** One file; disposing of it removes the file, and waits for that a moment. */
export interface SpoolFile extends AsyncDisposable {
  readonly path: string;
  /**
   * Makes the file (0600), which must not be there yet. Throws AsrError `storage_full` when the disk has no room,
   * `server_busy` when other files take it, what the source throws, and `abortError` when the signal is aborted.
   */
  write(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

/** A disk that hangs must not hold the request, whose queue place others want; the file is removed when the disk is back. */
const removalMsMax = 1000;

export class Spool implements Disposable {
  readonly #folder: SpoolFolder;
  readonly #limits: SpoolLimits;
  #filesMade = 0;
  #bytes = 0;
  /** The part of them that is not on the disk yet. */
  #bytesUnwritten = 0;

  /** Makes the folder (0700) and sweeps those that killed processes left. */
  static open(parent: string, limits: SpoolLimits): Spool {
    try {
      return new Spool(new SpoolFolder(parent), limits);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(
        `Cannot make a folder for uploads in "${parent}": ${reason}; ` +
          "name a writable one in OPEN_ASR_SERVER_SPOOL_DIR",
      );
    }
  }

  private constructor(folder: SpoolFolder, limits: SpoolLimits) {
    this.#folder = folder;
    this.#limits = limits;
    process.once("exit", () => this[Symbol.dispose]());
  }

  /** What the files take. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Throws as writing does when there is no room for what is expected now. No room is kept for it: else whoever
   * announces much and sends nothing would shut the others out.
   */
  file({ bytes = 0, retryAfterS = () => 1 }: Partial<ExpectedFile> = {}): SpoolFile {
    const path = this.#newPath();
    this.#requireRoom(bytes, 0, retryAfterS);
    let taken = 0;
    return {
      path,
      write: async (source, signal) => {
        using file = new WrittenFile(path);
        for await (const chunk of source) {
          const { byteLength } = chunk;
          this.#requireRoom(byteLength, taken, retryAfterS);
          taken += byteLength;
          this.#bytes += byteLength;
          this.#bytesUnwritten += byteLength;
          const written = file.append(chunk).finally(() => (this.#bytesUnwritten -= byteLength));
          await unlessAborted(written, signal);
        }
      },
      [Symbol.asyncDispose]: async () => {
        const removed = rm(path, { force: true }).finally(() => {
          this.#bytes -= taken;
          taken = 0;
        });
        await settledWithin(removed, removalMsMax);
      },
    };
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  #newPath(): string {
    this.#filesMade += 1;
    try {
      this.#folder.keep();
      return join(this.#folder.path, String(this.#filesMade));
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /** For so many bytes more of a file that has taken some. */
  #requireRoom(bytes: number, taken: number, retryAfterS: () => number): void {
    const { spoolBytesMax, diskBytesFreeMin } = this.#limits;
    if (this.#bytes + bytes > spoolBytesMax) {
      const isAlone = this.#bytes === taken;
      throw isAlone ? tooLarge(spoolBytesMax) : othersTakeAll(spoolBytesMax, retryAfterS());
    }
    if (bytes > 0 && this.#bytesFree() - bytes < diskBytesFreeMin) {
      throw storageFull(
        `${diskBytesFreeMin} bytes of the disk stay free (OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES)`,
      );
    }
  }

  /** What the disk will have left when all that has come is written. */
  #bytesFree(): number {
    try {
      const { bavail, bsize } = statfsSync(this.#folder.path);
      return bavail * bsize - this.#bytesUnwritten;
    } catch (error) {
      throw asStorageError(error);
    }
  }
}

// --- internal ---

function tooLarge(bytesMax: number): AsrError {
  return storageFull(`uploads take ${bytesMax} bytes at most (OPEN_ASR_SERVER_MAX_SPOOL_BYTES)`);
}

function othersTakeAll(bytesMax: number, retryAfterS: number): AsrError {
  return retryLater(
    "server_busy",
    `Server busy: the files of other requests leave no room for this one; uploads may take ${bytesMax} bytes ` +
      "together (limit: OPEN_ASR_SERVER_MAX_SPOOL_BYTES)",
    retryAfterS,
  );
}

/** Waits for a promise, at most so long; a later failure of it is dropped. */
async function settledWithin(promise: Promise<void>, ms: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
