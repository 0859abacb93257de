/** Finds models in the cache of the Hugging Face tools (the layout of huggingface_hub). It downloads nothing. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { homeFolder } from "../platform/home-folder.ts";
import { readFacts, readText } from "./file-facts.ts";

/** The cache folder of the Hugging Face tools when HF_HUB_CACHE is not set; null for a user without a home folder. */
export function hubCacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const { HF_HOME: hfHome, XDG_CACHE_HOME: xdg } = environment;
  if (hfHome) return join(hfHome, "hub");
  const home = homeFolder();
  const cache = xdg || (home && join(home, ".cache"));
  return cache && join(cache, "huggingface", "hub");
}

/** Snapshot folder of the main branch of `repository` ("Organization/Name"); null when the cache does not have it. */
export async function findSnapshot(hubFolder: string, repository: string): Promise<string | null> {
  const folder = join(hubFolder, `models--${repository.replaceAll("/", "--")}`);
  const snapshots = join(folder, "snapshots");
  const commit = (await readCommit(join(folder, "refs", "main"))) ?? (await onlyEntryOf(snapshots));
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
