/**
 * Copies model files from this machine into the cache. The result has the same form as a downloaded model. A machine
 * without a network can therefore get models.
 */
import { createHash } from "node:crypto";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { abortError } from "../../platform/abort.ts";
import type { Backend } from "../backends/backend.ts";
import { readFacts } from "../file-facts.ts";
import { readCommit } from "../hub-cache.ts";
import { lockRepository } from "../hub/cache-lock.ts";
import { isRepositoryName, mainRevision, repositoryFolder } from "../hub/hub.ts";
import { isBlobName, recordBlob, recordSnapshot } from "../hub/record.ts";
import { isSafePath, type RepositoryFile } from "../hub/repository.ts";
import { linkSnapshot, writeRevision } from "../hub/snapshot.ts";
import { matchesGlob } from "../model-ref.ts";
import { errorCode } from "../../platform/error-code.ts";
import { readEntries } from "./entries.ts";
import { importFailed } from "./import-failed.ts";
import { type StagedFile, Staging } from "./staging.ts";

/** The location of a model in the cache. */
export interface ImportTarget {
  readonly repository: string;
  /** Glob patterns that select the files of the model, by their paths in the repository. */
  readonly files: readonly string[];
}

export interface ImportOptions {
  readonly cacheFolder: string;
  readonly backends: readonly Backend[];
  readonly signal: AbortSignal;
  /**
   * Returns the location in the cache for a model of `backend`. `fileName` is the name of the imported file or folder.
   * Throws AsrError.
   */
  readonly targetOf: (backend: Backend, fileName: string) => Promise<ImportTarget>;
}

export interface ImportedModel {
  readonly repository: string;
  readonly commit: string;
  /** Folder of the snapshot. */
  readonly folder: string;
  readonly files: readonly string[];
  /** Id of the backend of the model. Null for a copy of a cache folder, which may contain several models. */
  readonly backend: string | null;
}

/**
 * Imports a model. `source` is a model file, a model folder, a folder `models--ORGANIZATION--NAME` of a cache, or a tar
 * archive of one of them. Stores the files only if all of them are valid. Throws AsrError.
 */
export async function importModel(source: string, options: ImportOptions): Promise<ImportedModel> {
  try {
    return await readAndStore(source, options);
  } catch (error) {
    const isOfSystem = error instanceof Error && /^E[A-Z]/u.test(errorCode(error));
    throw isOfSystem ? importFailed(error.message, error) : error;
  }
}

// --- internal ---

const entriesMax = 1000;

async function readAndStore(source: string, options: ImportOptions): Promise<ImportedModel> {
  await using staging = await Staging.open(options.cacheFolder);
  const staged: StagedFile[] = [];
  const links = new Map<string, string>();
  let count = 0;
  for await (const entry of readEntries(source)) {
    if (options.signal.aborted) throw abortError(options.signal);
    count += 1;
    if (count > entriesMax) throw importFailed(`it has more than ${entriesMax} files`);
    // Skips hidden files, because they are never part of a model.
    if (entry.path.split("/").some((name) => name.startsWith("."))) {
      for await (const _ of entry.body);
    } else if (entry.linkTarget === null) {
      staged.push(await staging.add(entry, options.signal));
    } else {
      for await (const _ of entry.body);
      links.set(entry.path, entry.linkTarget);
    }
  }
  if (staged.length === 0) throw importFailed("it has no files");
  const [first = ""] = staged.map(({ path }) => path);
  const isCache = cachePath.test(first);
  const model = isCache
    ? await readCacheCopy(staged, links, staging)
    : await readModelFiles(staged, { links, staging, options });
  return await store(model, options);
}

const cachePath = /^(?:[^/]+\/)*?models--([^/]+?)--([^/]+)\/(.+)$/u;

interface ReadModel {
  readonly repository: string;
  /** Commit of the snapshot. Null when the files have no commit. Another id then takes the place of the commit. */
  readonly commit: string | null;
  readonly backend: string | null;
  readonly files: readonly (RepositoryFile & { readonly location: string })[];
}

/**
 * Reads a copy of a cache folder. In a cache folder, the path `snapshots/COMMIT/PATH` is usually a link to
 * `blobs/HASH`. On a system without links, it is a file.
 */
async function readCacheCopy(
  staged: readonly StagedFile[],
  links: ReadonlyMap<string, string>,
  staging: Staging,
): Promise<ReadModel> {
  const [, organization = "", name = ""] = cachePath.exec(staged[0]?.path ?? "") ?? [];
  const repository = `${organization}/${name}`;
  if (!isRepositoryName(repository)) throw importFailed(`"${repository}" is not a repository`);
  const prefix = (staged[0]?.path ?? "").split(/\/(?:blobs|snapshots|refs)\//u)[0] ?? "";
  const inside = (path: string): string => path.slice(prefix.length + 1);
  const other = [...staged.map(({ path }) => path), ...links.keys()].find(
    (path) => !path.startsWith(`${prefix}/`),
  );
  if (other !== undefined) throw importFailed(`"${other}" is not in the folder ${prefix}`);
  const blobs = new Map<string, StagedFile>();
  for (const file of staged) {
    const [, hash = ""] = /^blobs\/([^/]+)$/u.exec(inside(file.path)) ?? [];
    // Skips incomplete files of interrupted downloads. Their names are longer than a hash.
    if (!isBlobName(hash)) continue;
    if (hash !== file.sha256 && hash !== file.gitSha1) {
      throw importFailed(`the content of ${hash} does not have this hash: the copy is damaged`);
    }
    blobs.set(hash, file);
  }
  const main = await readCommit(join(staging.folder, prefix, "refs", mainRevision));
  const commits = [...staged.map(({ path }) => path), ...links.keys()].flatMap(
    (path) => /^snapshots\/([0-9a-f]{40})\//u.exec(inside(path))?.[1] ?? [],
  );
  const commit = main ?? commits[0];
  if (commit === undefined) throw importFailed("the copy of the cache has no snapshot");
  const pathOf = (path: string): string | null => {
    const start = `snapshots/${commit}/`;
    return inside(path).startsWith(start) ? inside(path).slice(start.length) : null;
  };
  const linked = [...links].flatMap(([path, target]) => {
    const own = pathOf(path);
    if (own === null) return [];
    const up = "../".repeat(own.split("/").length + 1);
    const hash = target.startsWith(`${up}blobs/`) ? target.slice(up.length + 6) : "";
    const blob = blobs.get(hash);
    if (blob === undefined) {
      throw importFailed(
        `"${own}" links to "${target}", expected a file in blobs/ of the same copy`,
      );
    }
    return [repositoryFile(own, blob, hash)];
  });
  const copied = staged.flatMap((file) => {
    const own = pathOf(file.path);
    return own === null ? [] : [repositoryFile(own, file)];
  });
  return { repository, commit, backend: null, files: [...linked, ...copied] };
}

interface Plain {
  readonly links: ReadonlyMap<string, string>;
  readonly staging: Staging;
  readonly options: ImportOptions;
}

/** Reads a model file, or a folder with the files of one model. */
async function readModelFiles(
  staged: readonly StagedFile[],
  { links, staging, options }: Plain,
): Promise<ReadModel> {
  const [link] = links.keys();
  if (link !== undefined) throw importFailed(`"${link}" is a link, expected files and folders`);
  const roots = [...new Set(staged.map(({ path }) => path.split("/")[0] ?? ""))];
  const [root = ""] = roots;
  const isOne = roots.length === 1;
  const path = join(staging.folder, isOne ? root : "");
  const kind = (await readFacts(path))?.kind ?? "folder";
  const backend = await acceptingBackend(path, kind, options.backends);
  const target = await options.targetOf(backend, isOne ? root : "");
  const inside = (file: StagedFile): string =>
    kind === "file" || !isOne ? file.path : file.path.slice(root.length + 1);
  // The repository may contain the model in a folder. All patterns of the model then start with this folder.
  const [, folder = ""] = /^(.*\/)[^/]*$/u.exec(target.files[0] ?? "") ?? [];
  const files =
    kind === "file"
      ? [repositoryFile(target.files[0] ?? root, staged[0]!)]
      : staged
          .map((file) => ({ file, own: `${folder}${inside(file)}` }))
          .filter((one) => target.files.some((glob) => matchesGlob(glob, one.own)))
          .map((one) => repositoryFile(one.own, one.file));
  return { repository: target.repository, commit: null, backend: backend.id, files };
}

async function acceptingBackend(
  path: string,
  kind: "file" | "folder",
  backends: readonly Backend[],
): Promise<Backend> {
  const fitting = backends.filter(({ storage }) => storage === kind);
  for (const backend of fitting) if ((await backend.inspect(path)) !== null) return backend;
  const expected = backends.filter(({ storage }) => storage !== "none");
  const words = expected.map(({ expectedPath }) => expectedPath).join(", ");
  throw importFailed(`expected ${words}, or a tar archive of one`);
}

/** Returns the description of a file in the repository. `hex` is the name of the file in `blobs`. */
function repositoryFile(path: string, file: StagedFile, hex = file.sha256) {
  if (!isSafePath(path)) throw importFailed(`"${path}" is not a valid path of a model's file`);
  const digest = { algorithm: hex === file.gitSha1 ? "git" : "sha256", hex } as const;
  return { path, bytes: file.bytes, digest, location: file.location };
}

async function store(
  { repository, commit: known, backend, files }: ReadModel,
  { cacheFolder, signal }: ImportOptions,
): Promise<ImportedModel> {
  if (files.length === 0) throw importFailed("it has no files of a model");
  const path = repositoryFolder(cacheFolder, repository);
  using _lock = await lockRepository(cacheFolder, repository, { signal, onWait: () => undefined });
  const blobs = join(path, "blobs");
  await mkdir(blobs, { recursive: true });
  const commit = known ?? (await readCommit(join(path, "refs", mainRevision))) ?? contentId(files);
  await recordSnapshot(path, commit, { license: null, files });
  for (const { location, digest } of files) {
    const blob = join(blobs, digest.hex);
    if ((await readFacts(blob)) !== null) continue;
    // If two paths have the same content, they share one file. The file was already moved for the first path.
    if ((await readFacts(location)) !== null) await rename(location, blob);
    await recordBlob(path, digest.hex);
  }
  const folder = await linkSnapshot(path, commit, files);
  await writeRevision(path, mainRevision, commit);
  return { repository, commit, folder, files: files.map((file) => file.path), backend };
}

/**
 * Returns an id that is derived from the paths and the content of the files. Files that do not come from a cache have
 * no commit id, so this id takes its place.
 */
function contentId(files: readonly RepositoryFile[]): string {
  const names = files.map((file) => `${file.path} ${file.digest.hex}`).toSorted();
  return createHash("sha1").update(names.join("\n")).digest("hex");
}
