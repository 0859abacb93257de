/** A new private file that grows chunk by chunk, as fast as they come and without piling them up. */
import { closeSync, openSync, write, writeSync } from "node:fs";
import { promisify } from "node:util";
import { AsrError } from "../errors.ts";

/** A write that takes longer than this does not go to memory, as most do, but waits for the disk. */
const slowMs = 100;
/** How long others are then spared. */
const sparedMs = 1000;
/** So many writes at once wait on other threads: each, with what its upload sends meanwhile, holds some megabytes. */
const inBackgroundMax = 4;

const writeInBackground = promisify(write);
let spareUntilMs = 0;
let inBackground = 0;

export class WrittenFile implements Disposable {
  readonly #fd: number;
  #backgroundWrite: Promise<unknown> | null = null;

  /**
   * Makes the file (0600), which must not be there yet: here and now, since one that appears after its removal would
   * stay. Throws as `append` does.
   */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, "wx", 0o600);
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /**
   * Writes here and now while that is as quick as it should be: nothing comes in meanwhile, so that nothing piles up
   * in memory. When the disk does not keep up, some may pile up, so that nobody else must wait.
   * Throws AsrError `storage_full`, or `internal_error` where the disk fails otherwise.
   */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.byteLength;) at += await this.#write(chunk.subarray(at));
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /** A write in the background keeps the file open until it ends: else it could go to another file, opened meanwhile. */
  [Symbol.dispose](): void {
    if (this.#backgroundWrite === null) closeSync(this.#fd);
    else void this.#backgroundWrite.catch(() => {}).then(() => closeSync(this.#fd));
  }

  async #write(bytes: Uint8Array): Promise<number> {
    const startMs = performance.now();
    if (startMs < spareUntilMs && inBackground < inBackgroundMax)
      return this.#writeInBackground(bytes);
    const written = writeSync(this.#fd, bytes);
    if (performance.now() - startMs > slowMs) spareUntilMs = performance.now() + sparedMs;
    return written;
  }

  async #writeInBackground(bytes: Uint8Array): Promise<number> {
    inBackground += 1;
    const writing = writeInBackground(this.#fd, bytes, 0, bytes.byteLength, null);
    this.#backgroundWrite = writing;
    try {
      return (await writing).bytesWritten;
    } finally {
      this.#backgroundWrite = null;
      inBackground -= 1;
    }
  }
}

export function storageFull(why: string, cause?: unknown): AsrError {
  const words = `There is no room on the server's disk for the file: ${why}`;
  return new AsrError("storage_full", words, { cause });
}

/** What the file system says, in words for the client. */
export function asStorageError(error: unknown): AsrError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["ENOSPC", "EDQUOT", "EFBIG"].includes(code)) {
    return storageFull("its operator must make some", error);
  }
  const words = "The server could not write the file down; its log has the details";
  return new AsrError("internal_error", words, { cause: error });
}
