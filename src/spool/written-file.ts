/** Writes a new private file. Each chunk is written when it arrives and is not buffered. */
import { closeSync, openSync, write, writeSync } from "node:fs";
import { AsrError } from "../errors.ts";
import { errorCode } from "../platform/error-code.ts";

/**
 * A write that takes longer than this number of milliseconds counts as slow. It probably waited for the disk, because
 * most writes only copy the data to the page cache.
 */
const slowMs = 100;
/**
 * Time in milliseconds. After a slow write, all writes run in the background for this time, so that they do not block
 * other requests.
 */
const backgroundMs = 1000;
/**
 * Maximum number of background writes at the same time. Each of them can use a few more megabytes of memory, because
 * data continues to arrive during the write.
 */
const backgroundWritesMax = 4;

let backgroundUntilMs = 0;
let backgroundWrites = 0;

export class WrittenFile implements Disposable {
  readonly #fd: number;
  #backgroundWrite: Promise<unknown> | null = null;

  /**
   * Creates the file with mode 0600. The file must not exist yet. Throws the errors of `append`.
   *
   * The call is synchronous. An asynchronous call could create the file after the request has ended and removed its
   * file. The new file would then never be removed.
   */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, "wx", 0o600);
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /**
   * Appends a chunk. Throws AsrError `storage_full`, or `internal_error` for any other disk error.
   *
   * While the disk is fast, writes synchronously. No data arrives during such a write, so memory use stays low. While
   * the disk is slow, writes in the background, so that other requests do not wait. More data then stays in memory.
   */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.byteLength;) at += await this.#write(chunk.subarray(at));
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /**
   * Closes the file. If a background write is running, closes the file after this write. Otherwise a new file could get
   * the same descriptor, and the write would go to the new file.
   */
  [Symbol.dispose](): void {
    if (this.#backgroundWrite === null) closeSync(this.#fd);
    else void this.#backgroundWrite.catch(() => {}).then(() => closeSync(this.#fd));
  }

  async #write(bytes: Uint8Array): Promise<number> {
    const startMs = performance.now();
    if (startMs < backgroundUntilMs && backgroundWrites < backgroundWritesMax)
      return this.#writeInBackground(bytes);
    const written = writeSync(this.#fd, bytes);
    if (performance.now() - startMs > slowMs) backgroundUntilMs = performance.now() + backgroundMs;
    return written;
  }

  async #writeInBackground(bytes: Uint8Array): Promise<number> {
    backgroundWrites += 1;
    const writing = writeAsync(this.#fd, bytes);
    this.#backgroundWrite = writing;
    try {
      return await writing;
    } finally {
      this.#backgroundWrite = null;
      backgroundWrites -= 1;
    }
  }
}

export function storageFull(reason: string, cause?: unknown): AsrError {
  return new AsrError("storage_full", `The server's disk is full: ${reason}`, { cause });
}

/** Converts a file system error to an AsrError for the client. */
export function asStorageError(error: unknown): AsrError {
  const code = errorCode(error);
  if (["ENOSPC", "EDQUOT", "EFBIG"].includes(code)) {
    return storageFull("the operator must free disk space", error);
  }
  const message = "The server could not store the file; the server log has the details";
  return new AsrError("internal_error", message, { cause: error });
}

// --- internal ---

/** Returns the number of written bytes. */
function writeAsync(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.byteLength, null, (error, written) => {
      if (error) reject(error);
      else resolve(written);
    });
  });
}
