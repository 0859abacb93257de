/**
 * Checks that only this user and root can change the file or folder at a path.
 *
 * If another user can write to a folder in the path, this user could replace a library that was already checked. On
 * Windows, nothing is checked, because other users cannot access the folders of a user by default.
 */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { isAbsolute, join, parse, resolve, sep } from "node:path";

/**
 * Throws unless `path` and all its parent folders belong to this user or root and are not writable by other users.
 *
 * A folder with the sticky bit, such as /tmp, is accepted even if other users can write to it, because these users
 * cannot replace our files in it. If the path contains a symbolic link, also checks the folders of the link's target.
 */
export function requireTrustedPath(path: string): void {
  if (process.getuid === undefined) return;
  const whole = resolve(path);
  let folder = parse(whole).root;
  requireTrustedFolder(folder, lstatSync(folder));
  const waiting = namesOf(whole);
  for (let links = 0; waiting.length > 0;) {
    const next = join(folder, waiting.shift() ?? "");
    const stats = lstatSync(next);
    if (stats.isSymbolicLink()) {
      if (++links > linksMax) throw new Error(`${path} has more than ${linksMax} symbolic links`);
      if (!isTrustedOwner(stats)) throw notTrusted(next);
      const target = readlinkSync(next);
      if (isAbsolute(target)) folder = parse(target).root;
      waiting.unshift(...namesOf(target));
    } else {
      requireTrustedFolder(next, stats);
      folder = next;
    }
  }
}

/** Throws unless `path` is a regular file that belongs to this user or root and is not writable by other users. */
export function requireTrustedFile(path: string): void {
  const stats = lstatSync(path);
  if (!stats.isFile()) throw new Error(`${path} is not a regular file`);
  if (process.getuid === undefined) return;
  if (!isTrustedOwner(stats) || isWritableByOthers(stats)) throw notTrusted(path);
}

// --- internal ---

/** Maximum number of symbolic links in a path. Linux has the same limit. */
const linksMax = 40;

/**
 * Returns the names between the slashes of a path. Keeps `..`, because after a symbolic link `..` means the parent
 * folder of the link's target. The caller therefore follows the link first.
 */
function namesOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((name) => name !== "" && name !== ".");
}

function requireTrustedFolder(folder: string, stats: Stats): void {
  const isSticky = (stats.mode & 0o1000) !== 0;
  if (!isTrustedOwner(stats) || (isWritableByOthers(stats) && !isSticky)) throw notTrusted(folder);
}

function isTrustedOwner({ uid }: Stats): boolean {
  return uid === 0 || uid === process.getuid?.();
}

function isWritableByOthers({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0;
}

function notTrusted(path: string): Error {
  return new Error(`${path} belongs to another user, or another user can write to it`);
}
