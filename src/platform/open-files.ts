/**
 * Reads the maximum number of file descriptors of this process, and checks whether enough file descriptors are free.
 */
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { report } from "node:process";

/** Returns the maximum number of open files of this process (`ulimit -n`). Null if the system sets no limit. */
export function openFilesMax(): number | null {
  const { userLimits } = report.getReport() as {
    userLimits?: { open_files?: { soft?: unknown } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === "number" ? soft : null;
}

/** Returns whether this process can open `count` more files now. */
export function canOpenFiles(count: number): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(devNull, "r"));
    return true;
  } catch {
    return false;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** Returns whether the error or one of its causes is the system error "too many open files". */
export function isOutOfFiles(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < causesMax && current instanceof Error; depth++) {
    if ("code" in current && (current.code === "EMFILE" || current.code === "ENFILE")) return true;
    current = current.cause;
  }
  return false;
}

// --- internal ---

/** Maximum number of causes to check. Without it, the check would never end for an error that is its own cause. */
const causesMax = 8;
