/**
 * Stores the files of an import until all of them are checked. The folder for them is inside the cache folder, so that
 * a rename can move the files to their final location.
 */
import { createHash, type Hash } from "node:crypto";
import { mkdir, open, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { abortError } from "../../platform/abort.ts";
import { type FileLock, isLocked, lockFile } from "../../platform/file-lock.ts";
import type { ImportEntry } from "./entries.ts";
import { importFailed } from "./import-failed.ts";

export interface StagedFile {
  readonly path: string;
  readonly location: string;
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-1 hash of the git blob object with the content of the file. */
  readonly gitSha1: string;
}

export class Staging implements AsyncDisposable {
  readonly folder: string;
  readonly #lock: FileLock;
  readonly #bytesMax: number;
  readonly #paths = new Set<string>();
  #bytes = 0;

  private constructor(folder: string, lock: FileLock, bytesMax: number) {
    this.folder = folder;
    this.#lock = lock;
    this.#bytesMax = bytesMax;
  }

  /**
   * Creates the folder, and removes files of an earlier import that was killed. Throws AsrError when another process is
   * importing a model.
   */
  static async open(cacheFolder: string): Promise<Staging> {
    const locks = join(cacheFolder, ".locks");
    await mkdir(locks, { recursive: true });
    const lock = lockForImport(join(locks, "open-asr-server-import.lock"));
    const folder = join(cacheFolder, ".open-asr-server-import");
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    const { bavail, bsize } = await statfs(folder);
    return new Staging(folder, lock, Math.min(importBytesMax, bavail * bsize - spareDiskBytes));
  }

  async add(entry: ImportEntry, signal: AbortSignal): Promise<StagedFile> {
    const { path, bytes } = entry;
    this.#bytes += bytes;
    if (this.#bytes > this.#bytesMax) {
      throw importFailed(
        `it needs more than the ${Math.floor(this.#bytesMax / 1e6)} MB that the model cache has free`,
      );
    }
    if (this.#paths.has(path)) throw importFailed(`it has the file "${path}" twice`);
    this.#paths.add(path);
    const location = join(this.folder, path);
    await mkdir(dirname(location), { recursive: true });
    const sha256 = createHash("sha256");
    const git = createHash("sha1").update(`blob ${bytes}\0`);
    await using file = await open(location, "wx", 0o644);
    let written = 0;
    for await (const piece of entry.body) {
      if (signal.aborted) throw abortError(signal);
      written += piece.length;
      if (written > bytes) break;
      await file.appendFile(piece);
      for (const hash of [sha256, git]) hash.update(piece);
    }
    if (written !== bytes) throw importFailed(`"${path}" has another size than it claims`);
    await file.sync();
    return { path, location, bytes, sha256: hex(sha256), gitSha1: hex(git) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    this.#lock[Symbol.dispose]();
  }
}

// --- internal ---

/** Maximum total size of an import in bytes. All models are smaller. */
const importBytesMax = 64 * 2 ** 30;
/** Number of bytes that must stay free on the disk of the cache. */
const spareDiskBytes = 64 * 2 ** 20;

function hex(hash: Hash): string {
  return hash.digest("hex");
}

function lockForImport(path: string): FileLock {
  try {
    return lockFile(path, "exclusive");
  } catch (error) {
    if (isLocked(error)) throw importFailed("another process imports a model; try again later");
    throw error;
  }
}
