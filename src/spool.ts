/** Encoded audio on its way to a runner: private files in a private folder, gone when their request ends. */
import { lstatSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "./config.ts";
import { FolderLock } from "./folder-lock.ts";
import { storageFull, WrittenFile } from "./written-file.ts";

export interface SpoolLimits {
  /** What all files may take together. */
  readonly spoolBytesMax: number;
  /** What must stay free of the disk. */
  readonly diskBytesFreeMin: number;
}

/** A place for one file; disposing of it removes the file. */
export interface SpoolFile extends AsyncDisposable {
  readonly path: string;
  /** Makes the file (0600), which must not be there yet. Throws AsrError `storage_full`, and what the source throws. */
  write(source: AsyncIterable<Uint8Array>): Promise<void>;
}

export class Spool implements Disposable {
  readonly #folder: string;
  readonly #lock: FolderLock;
  readonly #limits: SpoolLimits;
  #filesMade = 0;
  #bytes = 0;

  /** Makes the folder (0700) and sweeps those that killed processes of this machine left. */
  static open(parent: string, limits: SpoolLimits): Spool {
    try {
      sweep(parent);
      return new Spool(mkdtempSync(join(parent, folderPrefix)), limits);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(
        `Cannot make a folder for uploads in "${parent}": ${reason}; ` +
          "name a writable one in OPEN_ASR_SERVER_SPOOL_DIR",
      );
    }
  }

  private constructor(folder: string, limits: SpoolLimits) {
    this.#folder = folder;
    this.#limits = limits;
    this.#lock = FolderLock.take(folder);
    process.once("exit", () => this[Symbol.dispose]());
  }

  /** What the files take, or will take as far as it is known. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws AsrError `storage_full` when there is no room for what is expected. */
  file(bytesExpected = 0): SpoolFile {
    const room = new Room(bytesExpected, (bytes) => this.#take(bytes));
    this.#filesMade += 1;
    const path = join(this.#folder, String(this.#filesMade));
    return {
      path,
      async write(source) {
        using file = new WrittenFile(path);
        for await (const chunk of source) {
          room.add(chunk.byteLength);
          await file.append(chunk);
        }
      },
      [Symbol.asyncDispose]: async () => {
        await rm(path, { force: true });
        room.giveBack();
      },
    };
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Counts bytes as taken; a negative number gives back. */
  #take(bytes: number): void {
    const { spoolBytesMax, diskBytesFreeMin } = this.#limits;
    if (bytes > 0 && this.#bytes + bytes > spoolBytesMax) {
      throw storageFull(
        `uploads take ${spoolBytesMax} bytes together (OPEN_ASR_SERVER_MAX_SPOOL_BYTES)`,
      );
    }
    if (bytes > 0 && freeBytes(this.#folder) - bytes < diskBytesFreeMin) {
      throw storageFull(
        `${diskBytesFreeMin} bytes of the disk stay free (OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES)`,
      );
    }
    this.#bytes += bytes;
  }
}

// --- internal ---

/** The part of the limits that one file takes: what its sender announced, and more if more comes. */
class Room {
  readonly #take: (bytes: number) => void;
  #bytes = 0;
  #filled = 0;

  constructor(bytesExpected: number, take: (bytes: number) => void) {
    this.#take = take;
    this.#grow(bytesExpected);
  }

  /** Counts bytes that come. */
  add(bytes: number): void {
    this.#filled += bytes;
    if (this.#filled > this.#bytes) this.#grow(this.#filled - this.#bytes);
  }

  giveBack(): void {
    this.#take(-this.#bytes);
    this.#bytes = 0;
  }

  #grow(bytes: number): void {
    this.#take(bytes);
    this.#bytes += bytes;
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Names the machine: a shared folder may hold those of others, whose locks may not be seen from here. */
const folderPrefix = `open-asr-server-spool-${hostname()}-`;

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(folderPrefix)) continue;
    const folder = join(parent, name);
    const isOurs = lstatSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.();
    if (isOurs && FolderLock.isAbandoned(folder)) rmSync(folder, { recursive: true, force: true });
  }
}
