/** Mounts a small disk for a test. Only root can mount a disk, and in some containers even root cannot. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Mounted extends Disposable {
  readonly folder: string;
}

export function mountTmpfs(parent: string, options: string): Mounted {
  const folder = join(parent, "disk");
  mkdirSync(folder);
  const { success } = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "none", folder]);
  if (!success) throw new Error(`Cannot mount a disk at ${folder}`);
  return { folder, [Symbol.dispose]: () => void Bun.spawnSync(["umount", "-l", folder]) };
}

export const canMountTmpfs = process.platform === "linux" && process.getuid?.() === 0 && tryOut();

// --- internal ---

function tryOut(): boolean {
  const parent = mkdtempSync(join(tmpdir(), "open-asr-server-e2e-"));
  try {
    mountTmpfs(parent, "size=1m")[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(parent, { recursive: true });
  }
}
