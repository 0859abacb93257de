/**
 * Stores uploaded audio in private files. The runners read the audio from these files. When a request ends, its file is
 * removed.
 */
import { statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../settings/config.ts";
import { AsrError, retryLater } from "../errors.ts";
import { unlessAborted } from "../platform/abort.ts";
import { unlessLate } from "../platform/late.ts";
import { SpoolFolder } from "./folder.ts";
import { asStorageError, storageFull, WrittenFile } from "./written-file.ts";

export interface SpoolLimits {
  /** Maximum total size of all files, in bytes. */
  readonly spoolBytesMax: number;
  /** Number of bytes of disk space that must stay free. */
  readonly diskBytesFreeMin: number;
}

/** Facts about a file that are known before its upload starts. `bytes` is the expected size in bytes. */
export interface ExpectedFile {
  readonly bytes: number;
  /**
   * Returns the Retry-After time in seconds. The time is used in the error for an upload that fails because other files
   * use up the quota.
   */
  readonly retryAfterS: () => number;
}

/** A file for one upload. Disposing the object removes the file, and waits at most one second for the removal. */
export interface SpoolFile extends AsyncDisposable {
  readonly path: string;
  /**
   * Creates the file with mode 0600 and writes the data of `source` to it. The file must not exist yet. Returns the
   * SHA-256 hash of the data in hexadecimal digits.
   *
   * Throws AsrError `storage_full` when the disk is full. Throws AsrError `server_busy` when other files use up the
   * quota. Throws the errors of `source`. Throws `abortError` when `signal` is aborted.
   */
  write(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string>;
}

/**
 * Maximum time in milliseconds to wait for the removal of a file. Without a limit, a disk that hangs would keep the
 * request and its slot in the queue. The file is removed when the disk responds again.
 */
const removalMsMax = 1000;

export class Spool implements Disposable {
  readonly #folder: SpoolFolder;
  readonly #limits: SpoolLimits;
  #fileCount = 0;
  #bytes = 0;
  /** Number of received bytes that are not on the disk yet. `#bytes` also includes these bytes. */
  #bytesUnwritten = 0;

  /** Creates the folder with mode 0700, and removes folders of processes that have ended. Throws UsageError. */
  static open(parent: string, limits: SpoolLimits): Spool {
    try {
      return new Spool(new SpoolFolder(parent), limits);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(
        `Cannot create a folder for uploads in "${parent}": ${reason}; ` +
          "set OPEN_ASR_SERVER_SPOOL_DIR to a writable folder",
      );
    }
  }

  private constructor(folder: SpoolFolder, limits: SpoolLimits) {
    this.#folder = folder;
    this.#limits = limits;
    process.once("exit", () => this[Symbol.dispose]());
  }

  /** Total size of all files, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Creates an object for a new file. If there is not enough space for the expected size, throws the same errors as
   * `write`. Does not reserve the space. Otherwise a request could announce a large file, send nothing, and block other
   * requests.
   */
  file({ bytes = 0, retryAfterS = () => 1 }: Partial<ExpectedFile> = {}): SpoolFile {
    const path = this.#newPath();
    this.#requireSpace(bytes, 0, retryAfterS);
    let taken = 0;
    return {
      path,
      write: async (source, signal) => {
        using file = new WrittenFile(path);
        const hash = new Bun.CryptoHasher("sha256");
        for await (const chunk of source) {
          const { byteLength } = chunk;
          hash.update(chunk);
          this.#requireSpace(byteLength, taken, retryAfterS);
          taken += byteLength;
          this.#bytes += byteLength;
          this.#bytesUnwritten += byteLength;
          const written = file.append(chunk).finally(() => (this.#bytesUnwritten -= byteLength));
          await unlessAborted(written, signal);
        }
        return hash.digest("hex");
      },
      [Symbol.asyncDispose]: async () => {
        const removed = rm(path, { force: true }).finally(() => {
          this.#bytes -= taken;
          taken = 0;
        });
        await unlessLate(removed, removalMsMax);
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

  /** Checks that there is space for `bytes` more bytes. `taken` is the number of bytes that the file already has. */
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

  /** Returns the number of bytes of disk space that remain free after all received data is written. */
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
