/** Uploaded audio for the runners: private files in a private folder. Each file is removed when its request ends. */
import { statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../settings/config.ts";
import { AsrError, retryLater } from "../errors.ts";
import { unlessAborted } from "../platform/abort.ts";
import { SpoolFolder } from "./folder.ts";
import { asStorageError, storageFull, WrittenFile } from "./written-file.ts";

export interface SpoolLimits {
  /** Limit on the total size of all files. */
  readonly spoolBytesMax: number;
  /** Disk space that must stay free. */
  readonly diskBytesFreeMin: number;
}

/** Facts about a file before its upload starts. */
export interface ExpectedFile {
  readonly bytes: number;
  /** `Retry-After` in seconds, used when other files take up the quota. */
  readonly retryAfterS: () => number;
}

/** One file. Disposing removes it, and waits up to a second for the removal. */
export interface SpoolFile extends AsyncDisposable {
  readonly path: string;
  /**
   * Creates the file (mode 0600); it must not exist yet. Throws AsrError `storage_full` when the disk is full,
   * `server_busy` when other files take up the quota, the errors of the source, and `abortError` when the signal aborts.
   */
  write(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

/**
 * Limit on waiting for a removal: a disk that hangs must not hold the request and its slot in the queue. The file is
 * removed when the disk responds again.
 */
const removalMsMax = 1000;

export class Spool implements Disposable {
  readonly #folder: SpoolFolder;
  readonly #limits: SpoolLimits;
  #fileCount = 0;
  #bytes = 0;
  /** The part of `#bytes` that is not on the disk yet. */
  #bytesUnwritten = 0;

  /** Creates the folder (mode 0700) and removes folders of killed processes. Throws UsageError. */
  static open(parent: string, limits: SpoolLimits): Spool {
    try {
      return new Spool(new SpoolFolder(parent), limits);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(
        `Cannot create a folder for uploads in "${parent}": ${reason}; ` +
          "name a writable one in OPEN_ASR_SERVER_SPOOL_DIR",
      );
    }
  }

  private constructor(folder: SpoolFolder, limits: SpoolLimits) {
    this.#folder = folder;
    this.#limits = limits;
    process.once("exit", () => this[Symbol.dispose]());
  }

  /** Total size of the files. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Throws the errors of `write` when the expected size does not fit now. The space is not reserved: a request that
   * announces a large file and sends nothing would block the others.
   */
  file({ bytes = 0, retryAfterS = () => 1 }: Partial<ExpectedFile> = {}): SpoolFile {
    const path = this.#newPath();
    this.#requireSpace(bytes, 0, retryAfterS);
    let taken = 0;
    return {
      path,
      write: async (source, signal) => {
        using file = new WrittenFile(path);
        for await (const chunk of source) {
          const { byteLength } = chunk;
          this.#requireSpace(byteLength, taken, retryAfterS);
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
    this.#fileCount += 1;
    try {
      this.#folder.refresh();
      return join(this.#folder.path, String(this.#fileCount));
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /** Checks that `bytes` more fit; `taken`: bytes that the same file already has. */
  #requireSpace(bytes: number, taken: number, retryAfterS: () => number): void {
    const { spoolBytesMax, diskBytesFreeMin } = this.#limits;
    if (this.#bytes + bytes > spoolBytesMax) {
      const isOnlyFile = this.#bytes === taken;
      throw isOnlyFile ? tooLarge(spoolBytesMax) : quotaInUse(spoolBytesMax, retryAfterS());
    }
    if (bytes > 0 && this.#bytesFree() - bytes < diskBytesFreeMin) {
      throw storageFull(
        `${diskBytesFreeMin} bytes must stay free (OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES)`,
      );
    }
  }

  /** Free disk space after all received data is written. */
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
  return new AsrError(
    "storage_full",
    `The file is larger than the upload quota of ${bytesMax} bytes (limit: OPEN_ASR_SERVER_MAX_SPOOL_BYTES)`,
  );
}

function quotaInUse(bytesMax: number, retryAfterS: number): AsrError {
  return retryLater(
    "server_busy",
    `Server busy: the upload quota of ${bytesMax} bytes is in use by other requests ` +
      "(limit: OPEN_ASR_SERVER_MAX_SPOOL_BYTES)",
    retryAfterS,
  );
}

/** Waits for a promise for at most `ms`; a later rejection is ignored. */
async function settledWithin(promise: Promise<void>, ms: number): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
