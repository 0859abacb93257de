/**
 * Writes the links and references of the cache. `snapshots/COMMIT/PATH` is a link to `blobs/HASH`, and `refs/REVISION`
 * contains a commit id. huggingface_hub for Python uses the same layout.
 */
import { copyFile, link, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { RepositoryFile } from "./repository.ts";

/**
 * Creates links to the files in the snapshot of `commit`, and returns the folder of the snapshot. The blobs of the
 * files must be complete.
 */
export async function linkSnapshot(
  repositoryPath: string,
  commit: string,
  files: readonly RepositoryFile[],
): Promise<string> {
  const snapshot = join(repositoryPath, "snapshots", commit);
  for (const file of files) {
    const name = join(snapshot, ...file.path.split("/"));
    await mkdir(dirname(name), { recursive: true });
    await linkFile(join(repositoryPath, "blobs", file.digest.hex), name);
  }
  return snapshot;
}

/**
 * Makes `revision` refer to `commit`. Call this function last, because other programs then expect a complete snapshot.
 */
export async function writeRevision(
  repositoryPath: string,
  revision: string,
  commit: string,
): Promise<void> {
  if (revision === commit) return;
  const path = join(repositoryPath, "refs", ...revision.split("/"));
  await mkdir(dirname(path), { recursive: true });
  if ((await readFile(path, "utf8").catch(() => "")).trim() === commit) return;
  await replaceFile(path, (temporary) => writeFile(temporary, commit));
}

/**
 * Calls `write` with a temporary path and then moves the result to `path`, so that another process never sees an
 * incomplete file or link.
 */
export async function replaceFile(
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  await write(temporary);
  await rename(temporary, path);
}

// --- internal ---

/**
 * Creates a symbolic link. The link is relative, so that it stays valid if the cache is moved. If the system does not
 * allow symbolic links, as on Windows, creates a hard link or a copy instead.
 */
async function linkFile(blob: string, name: string): Promise<void> {
  await replaceFile(name, async (temporary) => {
    try {
      await symlink(relative(dirname(name), blob), temporary);
    } catch {
      await link(blob, temporary).catch(() => copyFile(blob, temporary));
    }
  });
}
