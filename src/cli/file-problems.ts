/** Returns the reason why the system cannot open or create a file, in words. */

export function fileProblem(error: unknown): string {
  const code = codeOf(error);
  return problems[code] ?? (error instanceof Error ? error.message : String(error));
}

/**
 * Returns whether the error means that the file does not exist. The system reports ENAMETOOLONG, for example, when a
 * long URL is used as a file name.
 */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(codeOf(error));
}

// --- internal ---

const problems: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "there is a file of this name, expected a folder",
  EISDIR: "it is a folder",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "its folder does not exist",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is a file, expected a folder",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
