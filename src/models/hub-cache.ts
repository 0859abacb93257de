/** Finds models in the cache of the Hugging Face tools (the layout of huggingface_hub). `hub/` downloads them. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { homeFolder } from "../platform/home-folder.ts";
import { readFacts, readText } from "./file-facts.ts";
import { isCommit, mainRevision, repositoryFolder, type RepositoryRef } from "./hub/hub.ts";

/** The cache folder of the Hugging Face tools when HF_HUB_CACHE is not set; null for a user without a home folder. */
export function hubCacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const home = hubHome(environment);
  return home && join(home, "hub");
}

/** The folder where the Hugging Face tools keep everything; null for a user without a home folder. */
export function hubHome(environment: Readonly<Record<string, string | undefined>>): string | null {
  const { HF_HOME: hfHome, XDG_CACHE_HOME: xdg } = environment;
  if (hfHome) return hfHome;
  const home = homeFolder();
  const cache = xdg || (home && join(home, ".cache"));
  return cache && join(cache, "huggingface");
}

/** The folder of a revision of a repository; null when the cache does not have it. */
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

// --- internal ---

/** A commit id and its line end have 41 bytes. */
const refBytesMax = 64;

async function readCommit(path: string): Promise<string | null> {
  const commit = (await readText(path, refBytesMax))?.trim() ?? "";
  return /^[0-9a-f]{40}$/u.test(commit) ? commit : null;
}

/**
 * The only entry of the folder; null when there are several. Finds a snapshot that was downloaded by its commit id, for
 * which `refs` has no branch.
 */
async function onlyEntryOf(folder: string): Promise<string | null> {
  try {
    const [only = null, ...others] = await readdir(folder);
    return others.length === 0 ? only : null;
  } catch {
    return null;
  }
}
