/** Removes a model from the cache. Removes only files that this program has downloaded, unless `force` is true. */
import { lstat, readdir, readlink, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AsrError } from "../../errors.ts";
import { readCommit } from "../hub-cache.ts";
import { matchesGlob } from "../model-ref.ts";
import { partName } from "./blob.ts";
import { tryLockRepository } from "./cache-lock.ts";
import {
  isCommit,
  isRepositoryName,
  isRevision,
  mainRevision,
  repositoryFolder,
  type RepositoryRef,
} from "./hub.ts";
import { type DownloadRecord, isBlobName, readRecord, writeRecord } from "./record.ts";

/**
 * The files to remove. `revision` selects the snapshot. If `revision` is the main branch, all snapshots are selected.
 */
export interface RemovableModel extends RepositoryRef {
  /** Glob patterns for the paths of the files in the repository. A file is removed if its path matches a pattern. */
  readonly files: readonly string[];
}

export interface RemovedModel {
  /** Paths that the removed files had in the repository. */
  readonly files: readonly string[];
  /**
   * Number of bytes of disk space that were freed. If another snapshot uses the same file in `blobs`, the file is kept,
   * and its size is not included.
   */
  readonly bytes: number;
}

/**
 * Removes the files of a model. With `force`, also removes files that other tools downloaded. Never follows a link out
 * of the folder of the repository.
 *
 * Throws AsrError `model_not_found` or `model_not_removable`. While the repository is being downloaded, throws AsrError
 * `model_in_use`.
 */
export async function removeModel(
  cacheFolder: string,
  model: RemovableModel,
  { force }: { readonly force: boolean },
): Promise<RemovedModel> {
  const path = repositoryFolder(cacheFolder, model.repository);
  if (!isRepositoryName(model.repository) || !isRevision(model.revision) || !(await isReal(path))) {
    throw notInCache(model);
  }
  try {
    using lock = await tryLockRepository(cacheFolder, model.repository);
    if (lock === null) throw beingDownloaded(model);
    return await new Removal(path, model, await readRecord(path)).run(force);
  } catch (error) {
    throw described(error, model, path);
  }
}

// --- internal ---

/** Maximum depth of nested folders. Files in deeper folders are not found. Real repositories have fewer levels. */
const depthMax = 16;

/** A file or link in a snapshot. */
interface SnapshotFile {
  readonly commit: string;
  /** Path relative to the snapshot, with forward slashes. */
  readonly path: string;
  readonly location: string;
  /** Name of the file in `blobs`. Null for a file of unknown origin. */
  readonly blob: string | null;
}

class Removal {
  readonly #folder: string;
  readonly #blobs: string;
  readonly #snapshots: string;
  readonly #model: RemovableModel;
  readonly #record: DownloadRecord;

  constructor(folder: string, model: RemovableModel, record: DownloadRecord) {
    this.#folder = folder;
    this.#blobs = join(folder, "blobs");
    this.#snapshots = join(folder, "snapshots");
    this.#model = model;
    this.#record = record;
  }

  async run(force: boolean): Promise<RemovedModel> {
    for (const folder of [this.#blobs, this.#snapshots]) {
      if (await isLink(folder)) throw leadsAway(this.#model, folder);
    }
    const commit = await this.#commit();
    const isChosen = (one: { commit: string; path: string }): boolean =>
      (commit === null || one.commit === commit) &&
      this.#model.files.some((glob) => matchesGlob(glob, one.path));
    const all = await this.#linkedFiles();
    const chosen = all.filter(isChosen);
    const recorded = this.#recordedFiles().filter(isChosen);
    if (chosen.length === 0 && recorded.length === 0) throw notInCache(this.#model);
    const foreign = chosen.find(({ blob }) => blob === null || !this.#isOurs(blob));
    if (foreign !== undefined && !force) throw notOurs(this.#model, foreign);

    for (const { location } of chosen) await rm(location, { force: true });
    const names = [...chosen, ...recorded].flatMap(({ blob }) => blob ?? []);
    const used = new Set(all.filter((one) => !chosen.includes(one)).map(({ blob }) => blob));
    const unused = [...new Set(names)].filter((blob) => !used.has(blob));
    const removable = unused.filter((blob) => force || this.#isOurs(blob));
    let bytes = 0;
    for (const name of [...removable, ...unused.map(partName)]) {
      bytes += await removeFile(join(this.#blobs, name));
    }
    await writeRecord(this.#folder, this.#recordWithout(isChosen, removable));
    await this.#removeEmptyFolders();
    return { files: [...new Set([...chosen, ...recorded].map(({ path }) => path))], bytes };
  }

  #isOurs(blob: string): boolean {
    return this.#record.blobs.includes(blob);
  }

  /**
   * Returns the commit id of the snapshot whose files are removed. Returns null if the files are removed from all
   * snapshots.
   */
  async #commit(): Promise<string | null> {
    const { revision } = this.#model;
    if (revision === mainRevision) return null;
    if (isCommit(revision)) return revision;
    const commit = await readCommit(join(this.#folder, "refs", ...revision.split("/")));
    if (commit === null) throw notInCache(this.#model);
    return commit;
  }

  async #linkedFiles(): Promise<SnapshotFile[]> {
    const files: SnapshotFile[] = [];
    for (const commit of await realFolders(this.#snapshots)) {
      const recorded = this.#record.snapshots[commit]?.files ?? {};
      for (const path of await filesIn(join(this.#snapshots, commit))) {
        const location = join(this.#snapshots, commit, path);
        const blob = (await this.#blobOf(location)) ?? recorded[path] ?? null;
        files.push({ commit, path, location, blob });
      }
    }
    return files;
  }

  #recordedFiles(): Omit<SnapshotFile, "location">[] {
    return Object.entries(this.#record.snapshots).flatMap(([commit, { files }]) =>
      Object.entries(files).map(([path, blob]) => ({ commit, path, blob })),
    );
  }

  /**
   * Returns the name of the file in `blobs` to which a link points. Null when the location is not a link into `blobs`.
   */
  async #blobOf(location: string): Promise<string | null> {
    const target = await readlink(location).catch(() => null);
    if (target === null) return null;
    const name = target.split(/[/\\]/u).at(-1) ?? "";
    const isInside = resolve(dirname(location), target) === resolve(this.#blobs, name);
    return isInside && isBlobName(name) ? name : null;
  }

  #recordWithout(
    isChosen: (file: { commit: string; path: string }) => boolean,
    removed: readonly string[],
  ): DownloadRecord {
    const { blobs, snapshots } = this.#record;
    const kept = Object.entries(snapshots).map(([commit, { license, files }]) => {
      const entries = Object.entries(files).filter(([path]) => !isChosen({ commit, path }));
      return [commit, { license, files: Object.fromEntries(entries) }] as const;
    });
    return {
      blobs: blobs.filter((blob) => !removed.includes(blob)),
      snapshots: Object.fromEntries(kept.filter(([, { files }]) => Object.keys(files).length > 0)),
    };
  }

  /**
   * Removes empty snapshots, and the revisions that refer to them. Also removes the folder of the repository when it
   * contains neither snapshots nor blobs.
   */
  async #removeEmptyFolders(): Promise<void> {
    for (const commit of await realFolders(this.#snapshots)) {
      await removeIfEmpty(join(this.#snapshots, commit));
    }
    const left = await realFolders(this.#snapshots);
    const refs = join(this.#folder, "refs");
    for (const path of (await isReal(refs)) ? await filesIn(refs) : []) {
      const commit = await readCommit(join(refs, path));
      if (commit !== null && !left.includes(commit)) await rm(join(refs, path), { force: true });
    }
    await removeIfEmpty(this.#blobs);
    await removeIfEmpty(this.#snapshots);
    if ((await isReal(this.#blobs)) || (await isReal(this.#snapshots))) return;
    await removeIfEmpty(refs);
    // This folder contains empty files of huggingface_hub for Python. Each one marks a file that the repository lacks.
    const absent = join(this.#folder, ".no_exist");
    if (await isReal(absent)) await rm(absent, { recursive: true });
    await removeIfEmpty(this.#folder);
  }
}

/** Returns whether the path is an existing folder and not a link to a folder. */
async function isReal(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() === true;
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isSymbolicLink() === true;
}

async function realFolders(path: string): Promise<string[]> {
  if (!(await isReal(path))) return [];
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/**
 * Returns the relative paths of all files and links in the folder, with forward slashes. Does not follow links to
 * folders.
 */
async function filesIn(folder: string, prefix = "", depth = 0): Promise<string[]> {
  if (depth > depthMax) return [];
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  const paths = entries.map(async (entry) => {
    const path = `${prefix}${entry.name}`;
    return entry.isDirectory() ? filesIn(folder, `${path}/`, depth + 1) : [path];
  });
  return (await Promise.all(paths)).flat();
}

/** Removes a file and returns its size in bytes. Returns 0 when the file is missing or is not a regular file. */
async function removeFile(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => null);
  if (stats === null || stats.isDirectory()) return 0;
  await rm(path, { force: true });
  return stats.isFile() ? stats.size : 0;
}

/** Removes all subfolders that contain no files, and then the folder itself if it is empty. */
async function removeIfEmpty(folder: string): Promise<void> {
  for (const name of await realFolders(folder)) await removeIfEmpty(join(folder, name));
  await rmdir(folder).catch(() => undefined);
}

function nameOf({ repository, revision, files }: RemovableModel): string {
  const at = revision === mainRevision ? "" : `@${revision}`;
  return `${files.join(", ")} of ${repository}${at}`;
}

function notInCache(model: RemovableModel): AsrError {
  return modelError(
    "model_not_found",
    `Cannot remove ${nameOf(model)}: it is not in the model cache`,
  );
}

function beingDownloaded({ repository }: RemovableModel): AsrError {
  return modelError(
    "model_in_use",
    `Cannot remove files of ${repository}: another process downloads from this repository. Try again later`,
  );
}

function notOurs({ repository }: RemovableModel, { path }: SnapshotFile): AsrError {
  return modelError(
    "model_not_removable",
    `Cannot remove ${path} of ${repository}: this program did not download it`,
    `Cannot remove ${path} of ${repository}: this program did not download it, so other tools may use it. --force removes it`,
  );
}

function leadsAway({ repository }: RemovableModel, folder: string): AsrError {
  return modelError(
    "model_not_removable",
    `Cannot remove files of ${repository}: a folder of the model cache is a link to another folder`,
    `Cannot remove files of ${repository}: ${folder} is a link to another folder. Remove the files there yourself`,
  );
}

function described(error: unknown, { repository }: RemovableModel, path: string): unknown {
  if (error instanceof AsrError || !(error instanceof Error) || !("code" in error)) return error;
  return modelError(
    "model_not_removable",
    `Cannot remove files of ${repository}: this server cannot write to its model cache`,
    `Cannot remove files of ${repository} in ${path}: ${error.message}`,
    error,
  );
}

function modelError(
  code: "model_not_found" | "model_in_use" | "model_not_removable",
  message: string,
  operatorMessage = message,
  cause?: unknown,
): AsrError {
  return new AsrError(code, message, { param: "model", operatorMessage, cause });
}
