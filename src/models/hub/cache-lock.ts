/** The lock of a repository in the cache. Only one process at a time downloads files of a repository. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type FileLock, isLocked, lockFile } from "../../platform/file-lock.ts";
import { pause } from "./retry.ts";

/** Takes the lock. Waits while another process holds it. */
export async function lockRepository(
  repositoryPath: string,
  { signal, onWait }: { signal: AbortSignal; onWait: () => void },
): Promise<FileLock> {
  const folder = join(repositoryPath, "blobs");
  await mkdir(folder, { recursive: true });
  for (;;) {
    try {
      return lockFile(join(repositoryPath, ".open-asr-server.lock"), "exclusive");
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
    onWait();
    await pause(pollMs, signal);
  }
}

// --- internal ---

const pollMs = 200;
