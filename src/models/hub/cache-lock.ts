/** Locks a repository in the cache, so that only one process at a time downloads or removes files of the repository. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type FileLock, isLocked, lockFile } from "../../platform/file-lock.ts";
import { repositoryFolder } from "./hub.ts";
import { pause } from "./retry.ts";

/** Takes the lock of a repository. Waits while another process holds the lock. */
export async function lockRepository(
  cacheFolder: string,
  repository: string,
  { signal, onWait }: { signal: AbortSignal; onWait: () => void },
): Promise<FileLock> {
  for (;;) {
    const lock = await tryLockRepository(cacheFolder, repository);
    if (lock !== null) return lock;
    onWait();
    await pause(pollMs, signal);
  }
}

/** Takes the lock of a repository. Returns null when another process holds the lock. */
export async function tryLockRepository(
  cacheFolder: string,
  repository: string,
): Promise<FileLock | null> {
  // The Hugging Face tools also store their locks in this folder. The lock file must not be in the folder of the
  // repository, because the removal of the repository would delete it. Two processes could then hold the lock at the
  // same time.
  const folder = repositoryFolder(join(cacheFolder, ".locks"), repository);
  await mkdir(folder, { recursive: true });
  try {
    return lockFile(join(folder, "open-asr-server.lock"), "exclusive");
  } catch (error) {
    if (isLocked(error)) return null;
    throw error;
  }
}

// --- internal ---

const pollMs = 200;
