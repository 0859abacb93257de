/** Determines which repository of the cache contains a path. */
import { relative, sep } from "node:path";
import { isRepositoryName } from "./hub.ts";

interface CachePlace {
  /** Repository in the form "Organization/Name". */
  readonly repository: string;
  readonly commit: string;
  /** Path relative to the snapshot, with forward slashes. Empty for the folder of the snapshot itself. */
  readonly path: string;
}

/** Returns the location of a path in the cache. Null when the path is not in a snapshot of the cache. */
export function cachePlace(cacheFolder: string, path: string): CachePlace | null {
  const parts = relative(cacheFolder, path).split(sep).join("/");
  const [, organization = "", name = "", commit = "", rest = ""] = pattern.exec(parts) ?? [];
  const repository = `${organization}/${name}`;
  return isRepositoryName(repository) ? { repository, commit, path: rest } : null;
}

// --- internal ---

const pattern = /^models--(.+?)--([^/]+)\/snapshots\/([0-9a-f]{40})(?:\/(.+))?$/u;
