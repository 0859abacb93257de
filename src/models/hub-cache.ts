/** Models that the Hugging Face tools have downloaded to this machine: the layout of huggingface_hub. Nothing is fetched here. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { homeFolder } from "../platform/home-folder.ts";
import { lookAt, readText } from "./file-facts.ts";

/** Where the tools keep their downloads, unless HF_HUB_CACHE says so itself; null for a user who has no place for them. */
export function hubCacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const { HF_HOME: hub, XDG_CACHE_HOME: xdg } = environment;
  if (hub) return join(hub, "hub");
  const home = homeFolder();
  const cache = xdg || (home && join(home, ".cache"));
  return cache && join(cache, "huggingface", "hub");
}

/** Folder of a repository's files as of its main branch, "Organization/Name"; null when it is not there. */
export async function findSnapshot(hubFolder: string, repository: string): Promise<string | null> {
  const folder = join(hubFolder, `models--${repository.replaceAll("/", "--")}`);
  const snapshots = join(folder, "snapshots");
  const commit = (await readCommit(join(folder, "refs", "main"))) ?? (await onlyEntryOf(snapshots));
  const snapshot = commit === null ? null : join(snapshots, commit);
  return snapshot !== null && (await lookAt(snapshot))?.form === "folder" ? snapshot : null;
}

// --- internal ---

/** A commit's id and the end of its line. */
const refBytesMax = 64;

async function readCommit(path: string): Promise<string | null> {
  const commit = (await readText(path, refBytesMax))?.trim() ?? "";
  return /^[0-9a-f]{40}$/u.test(commit) ? commit : null;
}

/** A snapshot that was asked for by its commit leaves no branch behind. */
async function onlyEntryOf(folder: string): Promise<string | null> {
  try {
    const [only = null, ...others] = await readdir(folder);
    return others.length === 0 ? only : null;
  } catch {
    return null;
  }
}
