/**
 * Finds models in the cache of the Hugging Face tools. The cache has the layout of huggingface_hub. The modules in the
 * folder `hub/` download models into this cache.
 */
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { homeFolder } from "../platform/home-folder.ts";
import { readFacts, readText } from "./file-facts.ts";
import { isCommit, mainRevision, repositoryFolder, type RepositoryRef } from "./hub/hub.ts";

/**
 * Returns the default cache folder of the Hugging Face tools, which applies when HF_HUB_CACHE is not set. Null for a
 * user without a home folder.
 */
export function hubCacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const home = hubHome(environment);
  return home && resolve(home, "hub");
}

/** Returns the folder in which the Hugging Face tools keep all their files. Null for a user without a home folder. */
export function hubHome(environment: Readonly<Record<string, string | undefined>>): string | null {
  const { HF_HOME: hfHome, XDG_CACHE_HOME: xdg } = environment;
  if (hfHome) return hfHome;
  const home = homeFolder();
  const cache = xdg || (home && join(home, ".cache"));
  return cache && join(cache, "huggingface");
}

/**
 * Returns the folder with the files of a repository at a revision. Null when the cache does not contain this revision.
 */
export async function findSnapshot(
  hubFolder: string,
  { repository, revision }: RepositoryRef,
): Promise<string | null> {
  const folder = repositoryFolder(hubFolder, repository);
  const snapshots = join(folder, "snapshots");
  const commit = isCommit(revision)
    ? revision
    : ((await readCommit(join(folder, "refs", revision))) ??
      (revision === mainRevision ? await onlyEntryOf(snapshots) : null));
  const snapshot = commit === null ? null : join(snapshots, commit);
  return snapshot !== null && (await readFacts(snapshot))?.kind === "folder" ? snapshot : null;
}

/** Returns the commit id in a file of the folder `refs`. Null when the file is missing or contains anything else. */
export async function readCommit(path: string): Promise<string | null> {
  const commit = (await readText(path, refBytesMax))?.trim() ?? "";
  return isCommit(commit) ? commit : null;
}

// --- internal ---

/** Maximum number of bytes to read from a file of the folder `refs`. A commit id with its line end has 41 bytes. */
const refBytesMax = 64;

/**
 * Returns the only entry of the folder. Null when the folder contains no entry or several entries, or when it cannot be
 * read. This search is necessary because `refs` contains no branch for a snapshot that was downloaded by its commit id.
 */
async function onlyEntryOf(folder: string): Promise<string | null> {
  try {
    const [only = null, ...others] = await readdir(folder);
    return others.length === 0 ? only : null;
  } catch {
    return null;
  }
}
