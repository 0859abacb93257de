/**
 * Returns whether Bun made this path for a file inside the executable. On Windows, Bun writes the same path with slashes
 * in some places and with backslashes in others.
 */
export function isEmbeddedPath(
  path: string,
  platform: NodeJS.Platform = process.platform,
): boolean {
  return platform === "win32"
    ? path.replaceAll("\\", "/").startsWith("B:/~BUN/")
    : path.startsWith("/$bunfs/");
}
