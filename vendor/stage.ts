// Copies built libraries to the folder from which they are embedded in the executable.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Copies the file with the name of `path` from `folder` to `path`. A running process may have the existing file open, so
 * the existing file is deleted, not overwritten.
 */
export async function stage(folder: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await copyFile(join(folder, basename(path)), path);
}
