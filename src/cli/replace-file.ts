/** Writes a file as a whole: after a failure the older file still has its content, and no new file is left. */
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
 * Writes the text to a new file in the same folder and gives this file the name `path`. Writes directly to a pipe or a
 * device, and to a file that cannot be replaced because of the permissions of its folder.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const name = systemPath(path);
  const older = statSync(name, { throwIfNoEntry: false });
  if (older !== undefined && !older.isFile()) return writeFile(name, text);
  // A link stays a link, and the file that it points to is replaced.
  const target = older === undefined ? name : realPathOf(name);
  const unfinished = besideOf(target);
  try {
    // These calls are synchronous, so that a signal cannot end this process between them.
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
    // Some file systems report a full disk only here.
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (mode !== undefined) chmodSync(path, mode & 0o777);
}

function realPathOf(path: string | Buffer): string | Buffer {
  return typeof path === "string" ? realpathSync(path) : realpathSync(path, "buffer");
}

/** Returns the path of a file in the folder of `path`. The name is short, because `path` may have the longest name. */
function besideOf(path: string | Buffer): string | Buffer {
  const name = `.${randomUUID()}.tmp`;
  if (typeof path === "string") return join(dirname(path), name);
  return Buffer.concat([path.subarray(0, path.lastIndexOf("/") + 1), Buffer.from(name)]);
}

/** Returns whether the system does not let this user replace the file, for example because the file is a mount point. */
function isReplacementRefused(error: unknown): boolean {
  const code = errorCode(error);
  return ["EACCES", "EPERM", "EBUSY", "EXDEV", "EROFS"].includes(code);
}
