/**
 * Downloads a model: all files of a repository that a backend needs. The files are stored in the cache of the Hugging
 * Face tools.
 */
import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { AsrError } from "../../errors.ts";
import type { ModelDownload } from "../../jobs/job.ts";
import { errorCode } from "../../platform/error-code.ts";
import { matchesGlob } from "../model-ref.ts";
import { downloadBlob, storedBytes } from "./blob.ts";
import { lockRepository } from "./cache-lock.ts";
import {
  type Hub,
  isRepositoryName,
  isRevision,
  repositoryFolder,
  type RepositoryRef,
} from "./hub.ts";
import { recordBlob, recordSnapshot } from "./record.ts";
import { listRepository, type Repository, type RepositoryFile } from "./repository.ts";
import { downloadFailed } from "./request.ts";
import { TransientError } from "./retry.ts";
import { linkSnapshot, writeRevision } from "./snapshot.ts";
import { withoutPassword } from "./shown-url.ts";

export interface WantedModel extends RepositoryRef {
  /** Glob patterns of the files to download, relative to the repository. Each pattern must match a file. */
  readonly files: readonly string[];
}

export interface DownloadedModel {
  /** Folder of the snapshot. The files have the same relative paths in it as in the repository. */
  readonly folder: string;
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
  readonly bytes: number;
  /** Identifier of the license of the weights, for example "mit". Null when the repository states no license. */
  readonly license: string | null;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ModelDownload) => void;
}

/**
 * Downloads a model. After an interruption, the next call continues the download. In the cache, the revision refers to
 * the new commit only after all files are complete. Throws AsrError `model_not_found`, `model_gated`, `storage_full` or
 * `model_download_failed`.
 */
export async function downloadModel(
  hub: Hub,
  wanted: WantedModel,
  options: DownloadOptions,
): Promise<DownloadedModel> {
  requireOnline(hub, wanted);
  try {
    return await download(hub, wanted, options);
  } catch (error) {
    throw described(error, { hub, wanted });
  }
}

type ListedModel = Pick<DownloadedModel, "commit" | "files" | "license">;

/**
 * Asks the hub which files a download would contain, and downloads nothing. Throws AsrError `model_not_found`,
 * `model_gated` or `model_download_failed`.
 */
export async function listModel(
  hub: Hub,
  wanted: WantedModel,
  signal: AbortSignal,
): Promise<ListedModel> {
  requireOnline(hub, wanted);
  try {
    return await list(hub, wanted, signal);
  } catch (error) {
    throw described(error, { hub, wanted });
  }
}

// --- internal ---

/** Number of bytes that must stay free on the disk of the cache. */
const spareDiskBytes = 64 * 2 ** 20;

/** Maximum size of a text file in bytes. The largest text file of a Whisper model has three megabytes. */
const textBytesMax = 64 * 2 ** 20;

async function list(hub: Hub, wanted: WantedModel, signal: AbortSignal): Promise<ListedModel> {
  const repository = await listRepository(hub, wanted, signal);
  const { commit, license } = repository;
  return { commit, license, files: chooseFiles(repository, wanted) };
}

async function download(
  hub: Hub,
  wanted: WantedModel,
  { signal, onProgress }: DownloadOptions,
): Promise<DownloadedModel> {
  onProgress({ state: "listing", bytes: 0, totalBytes: 0 });
  const { commit, license, files } = await list(hub, wanted, signal);
  const totalBytes = sum(files.map(({ bytes }) => bytes));
  const path = repositoryFolder(hub.cacheFolder, wanted.repository);
  const onWait = () => onProgress({ state: "waiting", bytes: 0, totalBytes });
  using _lock = await lockRepository(hub.cacheFolder, wanted.repository, { signal, onWait });
  const blobsFolder = join(path, "blobs");
  const stored = await Promise.all(files.map((file) => storedBytes(file, blobsFolder)));
  await requireSpace(hub, { repository: wanted.repository, bytes: totalBytes - sum(stored) });
  await mkdir(blobsFolder, { recursive: true });
  const show = () => onProgress({ state: "downloading", bytes: sum(stored), totalBytes });
  show();
  await recordSnapshot(path, commit, { license, files });
  for (const [index, file] of files.entries()) {
    const isOurs = await downloadBlob(file, {
      hub,
      repository: wanted.repository,
      commit,
      blobsFolder,
      signal,
      onBytes(bytes) {
        stored[index] = bytes;
        show();
      },
    });
    if (isOurs) await recordBlob(path, file.digest.hex);
  }
  const folder = await linkSnapshot(path, commit, files);
  await writeRevision(path, wanted.revision, commit);
  return { folder, commit, files, bytes: totalBytes, license };
}

/**
 * Returns the files to download, the smallest first. Therefore an invalid small file is found before the large weights
 * are downloaded.
 */
function chooseFiles(
  { files }: Repository,
  { repository, files: needed }: WantedModel,
): RepositoryFile[] {
  const matches = (glob: string) => files.filter(({ path }) => matchesGlob(glob, path));
  const missing = needed.filter((glob) => matches(glob).length === 0);
  if (missing.length > 0) {
    throw new AsrError(
      "model_not_found",
      `Model repository ${repository} has no ${missing.join(", ")}: it does not hold a model of this kind`,
      { param: "model" },
    );
  }
  const chosen = needed.flatMap(matches);
  const huge = chosen.find(
    ({ path, bytes }) => /\.(?:json|txt)$/u.test(path) && bytes > textBytesMax,
  );
  if (huge !== undefined) {
    throw downloadFailed(
      `Cannot download model ${repository}: its ${huge.path} has ${huge.bytes} bytes, expected at most ${textBytesMax}`,
    );
  }
  return [...new Set(chosen)].toSorted((one, other) => one.bytes - other.bytes);
}

async function requireSpace(
  { cacheFolder }: Hub,
  { repository, bytes }: { repository: string; bytes: number },
): Promise<void> {
  const { bavail, bsize } = await statfs(cacheFolder);
  if (bytes === 0 || bavail * bsize >= bytes + spareDiskBytes) return;
  const [needed, free] = [bytes, bavail * bsize].map((count) => `${Math.ceil(count / 1e6)} MB`);
  throw new AsrError(
    "storage_full",
    `Cannot download model ${repository}: it needs ${needed} more, and the disk of the model cache has ${free} free`,
    {
      param: "model",
      operatorMessage: `Cannot download model ${repository}: it needs ${needed} more, and the disk of ${cacheFolder} has ${free} free. Free some space, or set HF_HUB_CACHE to a folder on another disk`,
    },
  );
}

function requireOnline({ isOffline }: Hub, { repository, revision, files }: WantedModel): void {
  if (!isRepositoryName(repository) || !isRevision(revision)) {
    throw downloadFailed(
      `Cannot download model "${repository}": a repository is ORGANIZATION/NAME[@REVISION]`,
    );
  }
  if (!isOffline) return;
  throw new AsrError(
    "model_not_found",
    `Cannot download model ${repository}: this server works offline`,
    {
      param: "model",
      operatorMessage: `Cannot download model ${repository} (${files.join(", ")}): HF_HUB_OFFLINE is set`,
    },
  );
}

/**
 * Converts an error to AsrError in two cases: it is a network error, or it is an error of the file system because the
 * cache is not writable. Returns any other error unchanged.
 */
function described(error: unknown, { hub, wanted }: { hub: Hub; wanted: WantedModel }): unknown {
  const { repository } = wanted;
  if (error instanceof TransientError) {
    return new AsrError(
      "model_download_failed",
      `Cannot download model ${repository}: the hub cannot be reached, or the connection was lost. Try again later: the download continues where it ended`,
      {
        param: "model",
        cause: error,
        operatorMessage: `Cannot download model ${repository} from ${withoutPassword(hub.endpoint)}: ${error.message}. Try again: the download continues where it ended`,
      },
    );
  }
  const code = errorCode(error);
  if (/^(?:E[A-Z]|SQLITE_)/u.test(code)) {
    return new AsrError(
      "model_download_failed",
      `Cannot download model ${repository}: this server cannot write to its model cache`,
      {
        param: "model",
        cause: error,
        operatorMessage: `Cannot download model ${repository}: cannot write to the folder ${hub.cacheFolder} (${code}). Set HF_HUB_CACHE to a folder that this user can write`,
      },
    );
  }
  return error;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
