/** One process at a time downloads, or removes, files of a repository. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type FileLock, isLocked, lockFile } from "../../platform/file-lock.ts";
import { repositoryFolder } from "./hub.ts";
import { pause } from "./retry.ts";

/** Takes the lock. Waits while another process holds it. */
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

/** Null when another process holds the lock. */
export async function tryLockRepository(
  cacheFolder: string,
  repository: string,
): Promise<FileLock | null> {
  // The locks of the Hugging Face tools are in this folder, too. In the repository's own folder, the lock would vanish
  // when the repository is removed, and two processes could then hold a lock of the same name.
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
