/**
 * Describes a hub, which is a server that stores model repositories. Also describes the folder for the downloaded
 * files. The hub is Hugging Face, or another server with the same protocol.
 */
import { join } from "node:path";

export interface Hub {
  /** Base URL without a slash at the end (HF_ENDPOINT). */
  readonly endpoint: string;
  /** Access token. It is sent only to the origin of `endpoint`. */
  readonly token: string | null;
  /** Whether requests to the hub are forbidden (HF_HUB_OFFLINE). */
  readonly isOffline: boolean;
  /** Folder of downloaded files, in the layout of huggingface_hub for Python (HF_HUB_CACHE). */
  readonly cacheFolder: string;
  /**
   * Maximum time in milliseconds without received data. After this time, the program closes the connection and sends
   * the request again.
   */
  readonly stallMsMax: number;
  /**
   * Time in milliseconds before a failed request is repeated for the first time. The time doubles with each further
   * failure.
   */
  readonly backOffMs: number;
}

/** A repository at a revision. A revision is a branch, a tag or a commit. */
export interface RepositoryRef {
  /** Repository in the form "Organization/Name". */
  readonly repository: string;
  readonly revision: string;
}

/**
 * Returns whether the name has the form "Organization/Name" and does not contain "..". A path made from such a name
 * stays inside the cache folder.
 */
export function isRepositoryName(name: string): boolean {
  return /^\w[\w.-]*\/\w[\w.-]*$/u.test(name) && !name.includes("..") && name.length <= 200;
}

/**
 * Returns whether `revision` is a valid branch, tag or commit, for example "main" or "refs/pr/1". A path made from such
 * a revision stays inside the folder `refs`.
 */
export function isRevision(revision: string): boolean {
  const isPlain = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/u.test(revision);
  return isPlain && !revision.includes("..") && revision.length <= 200;
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/u.test(revision);
}

export const mainRevision = "main";

/** Parses a reference in the form "Organization/Name@revision". Without "@", the revision is the main branch. */
export function parseRepositoryRef(written: string): RepositoryRef {
  // Looks for the "@" that separates the name from the revision. Ignores the first character, because a name may begin
  // with "@".
  const at = written.indexOf("@", 1);
  return at < 0
    ? { repository: written, revision: mainRevision }
    : { repository: written.slice(0, at), revision: written.slice(at + 1) };
}

/** Returns the folder of a repository in the cache. */
export function repositoryFolder(cacheFolder: string, repository: string): string {
  return join(cacheFolder, `models--${repository.replaceAll("/", "--")}`);
}
