/** Knows where the files of releases are. */
import { repository } from "../../package.json";

/**
 * Returns the address of the folders of all versions: the files of version 1.2.3 are in its folder v1.2.3. Null while
 * the repository in package.json is a placeholder.
 */
export function releasesAddress(): string | null {
  return isPlaceholder() ? null : `${repository}/releases/download`;
}

/** Returns the address of the folder of the newest version. Null while the repository in package.json is a placeholder. */
export function newestReleaseAddress(): string | null {
  return isPlaceholder() ? null : `${repository}/releases/latest/download`;
}

// --- internal ---

function isPlaceholder(): boolean {
  return new URL(repository).hostname.endsWith(".invalid");
}
