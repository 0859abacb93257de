/** A hub of model repositories (Hugging Face, or a server that speaks its protocol), and the local copy of its files. */
import { join } from "node:path";

export interface Hub {
  /** Base address without a final slash (HF_ENDPOINT). */
  readonly endpoint: string;
  /** Access token; sent to the origin of `endpoint` only. */
  readonly token: string | null;
  /** No request leaves this machine (HF_HUB_OFFLINE). */
  readonly isOffline: boolean;
  /** Folder of downloaded files, in the layout of Python's huggingface_hub (HF_HUB_CACHE). */
  readonly cacheFolder: string;
  /** A connection that delivers nothing for this long is closed, and the request is sent again. */
  readonly stallMsMax: number;
  /** The wait before the first repetition of a failed request; it doubles with each failure. */
  readonly backOffMs: number;
}

/** A repository at a revision: a branch, a tag or a commit. */
export interface RepositoryRef {
  /** "Organization/Name". */
  readonly repository: string;
  readonly revision: string;
}

/** "Organization/Name", without `..`: the name cannot lead out of the cache folder. */
export function isRepositoryName(name: string): boolean {
  return /^\w[\w.-]*\/\w[\w.-]*$/u.test(name) && !name.includes("..") && name.length <= 200;
}

/** A branch, tag or commit, such as "main" or "refs/pr/1", that cannot lead out of the folder of references. */
export function isRevision(revision: string): boolean {
  const isPlain = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/u.test(revision);
  return isPlain && !revision.includes("..") && revision.length <= 200;
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/u.test(revision);
}

export const mainRevision = "main";

/** Reads "Organization/Name@revision". Without "@", the revision is the main branch. */
export function parseRepositoryRef(written: string): RepositoryRef {
  // A name may begin with "@".
  const at = written.indexOf("@", 1);
  return at < 0
    ? { repository: written, revision: mainRevision }
    : { repository: written.slice(0, at), revision: written.slice(at + 1) };
}

/** Folder of a repository in the cache. */
export function repositoryFolder(cacheFolder: string, repository: string): string {
  return join(cacheFolder, `models--${repository.replaceAll("/", "--")}`);
}
