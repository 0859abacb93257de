/**
 * Downloads one file into the `blobs` folder of the cache. When a download was interrupted, the next download of the
 * file continues after the last byte on disk.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { AsrError } from "../../errors.ts";
import { abortError } from "../../platform/abort.ts";
import { errorCode } from "../../platform/error-code.ts";
import { readFacts } from "../file-facts.ts";
import { RunningDigest } from "./digest.ts";
import type { Hub } from "./hub.ts";
import type { RepositoryFile } from "./repository.ts";
import { downloadFailed, type HubResponse, requestHub } from "./request.ts";
import { TransientError, withRetries } from "./retry.ts";

interface BlobOptions {
  readonly hub: Hub;
  /** Repository in the form "Organization/Name". */
  readonly repository: string;
  readonly commit: string;
  readonly blobsFolder: string;
  readonly signal: AbortSignal;
  /**
   * Called with the number of bytes of this file that are on disk, each time this number changes. The number decreases
   * when a partial download is discarded.
   */
  readonly onBytes: (bytes: number) => void;
}

/** Returns how many bytes of this file are already on disk, from a complete or a partial download. */
export async function storedBytes(file: RepositoryFile, blobsFolder: string): Promise<number> {
  const paths = pathsOf(file, blobsFolder);
  return (await sizeOf(paths.whole)) ?? Math.min((await sizeOf(paths.part)) ?? 0, file.bytes);
}

/**
 * Downloads a file. When the function returns, the complete file is on disk and has the right hash. Returns true after
 * a download, and false if the complete file was already on disk. If the hash is wrong, downloads the file once more
 * from its start. If the hash is wrong again, throws an error. Throws AsrError `model_download_failed` or
 * `storage_full`, or TransientError.
 */
export async function downloadBlob(file: RepositoryFile, options: BlobOptions): Promise<boolean> {
  const { whole, part } = pathsOf(file, options.blobsFolder);
  if ((await sizeOf(whole)) === file.bytes) {
    options.onBytes(file.bytes);
    return false;
  }
  for (let tries = 1; tries <= 2; tries += 1) {
    if (await receiveAll(file, part, options)) {
      await rename(part, whole);
      return true;
    }
    await rm(part);
    options.onBytes(0);
  }
  throw downloadFailed(
    `Cannot download ${file.path} of ${options.repository}: its content does not have the hash that the hub announced, twice. ` +
      "A proxy may change it; try again later",
  );
}

/**
 * Returns the file name of an incomplete download. The name is not `HASH.incomplete`, because huggingface_hub for
 * Python would append to such a file without checking it.
 */
export function partName(blobName: string): string {
  return `${blobName}.open-asr-server.incomplete`;
}

// --- internal ---

function pathsOf({ digest }: RepositoryFile, blobsFolder: string) {
  return {
    whole: join(blobsFolder, digest.hex),
    part: join(blobsFolder, partName(digest.hex)),
  };
}

async function sizeOf(path: string): Promise<number | null> {
  const facts = await readFacts(path);
  return facts?.kind === "file" ? facts.bytes : null;
}

/** Receives all missing bytes of the file. Returns whether the complete file has the right hash. */
async function receiveAll(
  file: RepositoryFile,
  part: string,
  options: BlobOptions,
): Promise<boolean> {
  const { hub, signal } = options;
  const handle = await open(part, "a+", 0o644);
  try {
    const received = new ReceivedPart(file, handle, options.onBytes);
    await received.readExisting(part, signal);
    await withRetries(() => receiveRest(file, received, options), {
      backOffMs: hub.backOffMs,
      signal,
      progress: () => received.bytes,
    });
    await handle.sync();
    return received.matches();
  } catch (error) {
    throw outOfSpace(error, file) ?? error;
  } finally {
    await handle.close();
  }
}

async function receiveRest(
  file: RepositoryFile,
  received: ReceivedPart,
  { hub, repository, commit, signal }: BlobOptions,
): Promise<void> {
  if (received.bytes === file.bytes) return;
  const path = `/${repository}/resolve/${commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`;
  const headers: Record<string, string> =
    received.bytes > 0 ? { range: `bytes=${received.bytes}-` } : {};
  const subject = `${file.path} of model repository ${repository}`;
  await using response = await requestHub(hub, { path, headers, subject, signal });
  if (!continuesAt(response, received.bytes)) await received.discard();
  if (response.status === 416) throw new TransientError("the hub rejected the range of bytes");
  for await (const piece of response.read()) {
    if (signal.aborted) throw abortError(signal);
    await received.append(piece);
  }
  if (received.bytes < file.bytes) {
    throw new TransientError(`the connection ended after ${received.bytes} of ${file.bytes} bytes`);
  }
}

/**
 * Returns whether the body of the response starts at byte `offset` of the file. A server may ignore the requested range
 * and send the whole file.
 */
function continuesAt({ status, headers }: HubResponse, offset: number): boolean {
  if (offset === 0)
    return status !== 206 || (headers.get("content-range") ?? "").startsWith("bytes 0-");
  return status === 206 && (headers.get("content-range") ?? "").startsWith(`bytes ${offset}-`);
}

/** The bytes of a file that have been received. They are on disk and included in the hash. */
class ReceivedPart {
  readonly #file: RepositoryFile;
  readonly #handle: FileHandle;
  readonly #onBytes: (bytes: number) => void;
  #digest: RunningDigest;

  constructor(file: RepositoryFile, handle: FileHandle, onBytes: (bytes: number) => void) {
    this.#file = file;
    this.#handle = handle;
    this.#onBytes = onBytes;
    this.#digest = new RunningDigest(file.digest, file.bytes);
  }

  get bytes(): number {
    return this.#digest.bytes;
  }

  /** Adds the bytes of an earlier download to the hash. */
  async readExisting(part: string, signal: AbortSignal): Promise<void> {
    const size = (await sizeOf(part)) ?? 0;
    if (size > this.#file.bytes) await this.#handle.truncate(0);
    if (size === 0 || size > this.#file.bytes) return;
    for await (const piece of createReadStream(part, { highWaterMark: 2 ** 20 })) {
      if (signal.aborted) throw abortError(signal);
      this.#digest.update(piece);
    }
    this.#onBytes(this.bytes);
  }

  async append(piece: Uint8Array): Promise<void> {
    if (this.bytes + piece.length > this.#file.bytes) {
      await this.discard();
      throw new TransientError("the hub sent more bytes than it announced");
    }
    await this.#handle.appendFile(piece);
    this.#digest.update(piece);
    this.#onBytes(this.bytes);
  }

  async discard(): Promise<void> {
    if (this.bytes === 0) return;
    await this.#handle.truncate(0);
    this.#digest = new RunningDigest(this.#file.digest, this.#file.bytes);
    this.#onBytes(0);
  }

  matches(): boolean {
    return this.#digest.matches();
  }
}

function outOfSpace(error: unknown, file: RepositoryFile): AsrError | null {
  const code = errorCode(error);
  if (code !== "ENOSPC" && code !== "EDQUOT") return null;
  return new AsrError(
    "storage_full",
    `Cannot download ${file.path}: the disk of the model cache is full. Free some space and try again: the download continues`,
    { param: "model", cause: error },
  );
}
