/** Models that the Hugging Face tools have downloaded to this machine: the layout of huggingface_hub. Nothing is fetched here. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { homeFolder } from "../platform/home-folder.ts";

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
export function findSnapshot(hubFolder: string, repository: string): string | null {
  const folder = join(hubFolder, `models--${repository.replaceAll("/", "--")}`);
  const snapshots = join(folder, "snapshots");
  const commit = readCommit(join(folder, "refs", "main")) ?? onlyEntryOf(snapshots);
  const snapshot = commit === null ? null : join(snapshots, commit);
  return snapshot !== null && isFolder(snapshot) ? snapshot : null;
}

// --- internal ---

function readCommit(path: string): string | null {
  try {
    const commit = readFileSync(path, "utf8").trim();
    return /^[0-9a-f]{40}$/u.test(commit) ? commit : null;
  } catch {
    return null;
  }
}

/** A snapshot that was asked for by its commit leaves no branch behind. */
function onlyEntryOf(folder: string): string | null {
  if (!isFolder(folder)) return null;
  const [only = null, ...others] = readdirSync(folder);
  return others.length === 0 ? only : null;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
