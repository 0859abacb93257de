/** Describes in words why the system cannot open or create a file. */
import { errorCode } from "../platform/error-code.ts";

export function fileProblem(error: unknown): string {
  const code = errorCode(error);
  return problems[code] ?? (error instanceof Error ? error.message : String(error));
}

/**
 * Returns whether the error means that the file does not exist. ENAMETOOLONG also counts: the system reports this code
 * when the user gives a long URL as the name of a file.
 */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(errorCode(error));
}

// --- internal ---

const problems: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "there is a file of this name, expected a folder",
  EISDIR: "it is a folder",
  ELOOP: "it is a link",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "its folder does not exist",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is a file, expected a folder",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
};
