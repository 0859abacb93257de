/**
 * Writes a file completely or not at all: after a failure, the older file is unchanged, and no incomplete file is left.
 */
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "../platform/error-code.ts";
import { systemPath } from "./file-names.ts";

/**
 * Writes the text to a new file in the same folder and then renames this file to `path`. Writes directly to `path` if
 * it is a pipe or a device, or if the permissions of its folder do not allow replacing the file.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const name = systemPath(path);
  const older = statSync(name, { throwIfNoEntry: false });
  if (older !== undefined && !older.isFile()) return writeFile(name, text);
  // If `path` is a link, the link stays and the target of the link is replaced.
  const target = older === undefined ? name : realPathOf(name);
  const unfinished = besideOf(target);
  try {
    // The calls that write and rename the file are synchronous, so that a signal cannot end this process between them.
    writeWhole(unfinished, text, older?.mode);
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { force: true });
    if (older === undefined || !isReplacementRefused(error)) throw error;
    writeFileSync(target, text);
  }
}

// --- internal ---

function writeWhole(path: string | Buffer, text: string, mode: number | undefined): void {
  const descriptor = openSync(path, "wx");
  try {
    writeFileSync(descriptor, text);
    // Some file systems report that the disk is full only at fsync.
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (mode !== undefined) chmodSync(path, mode & 0o777);
}

function realPathOf(path: string | Buffer): string | Buffer {
  return typeof path === "string" ? realpathSync(path) : realpathSync(path, "buffer");
}

/**
 * Returns the path of a new file in the folder of `path`. The name of the new file is random. It does not contain the
 * name of the older file, because the older name may already have the maximum length.
 */
function besideOf(path: string | Buffer): string | Buffer {
  const name = `.${randomUUID()}.tmp`;
  if (typeof path === "string") return join(dirname(path), name);
  return Buffer.concat([path.subarray(0, path.lastIndexOf("/") + 1), Buffer.from(name)]);
}

/**
 * Returns whether the error means that the system does not allow this user to replace the file, for example because the
 * file is a mount point.
 */
function isReplacementRefused(error: unknown): boolean {
  const code = errorCode(error);
  return ["EACCES", "EPERM", "EBUSY", "EXDEV", "EROFS"].includes(code);
}
