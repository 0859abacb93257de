/**
 * Checks that only this user and root can change the target of a path.
 *
 * A user who can write to a folder of the path could replace a library between its check and its use. Windows is not
 * checked: user folders are private there by default.
 */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { isAbsolute, join, parse, resolve, sep } from "node:path";

/**
 * Throws unless `path` and each of its parent folders belong to this user or root and are not writable by others.
 *
 * A folder that others can write to is accepted if it has the sticky bit (for example /tmp): other users cannot
 * replace foreign files there. Symbolic links are followed, and the folders of their targets are checked too.
 */
export function requireTrustedPath(path: string): void {
  if (process.getuid === undefined) return;
  const whole = resolve(path);
  let folder = parse(whole).root;
  requireClosed(folder, lstatSync(folder));
  const waiting = namesOf(whole);
  for (let links = 0; waiting.length > 0;) {
    const next = join(folder, waiting.shift() ?? "");
    const stats = lstatSync(next);
    if (stats.isSymbolicLink()) {
      if (++links > linksMax) throw new Error(`${path} has more than ${linksMax} symbolic links`);
      if (!isOurs(stats)) throw notTrusted(next);
      const target = readlinkSync(next);
      if (isAbsolute(target)) folder = parse(target).root;
      waiting.unshift(...namesOf(target));
    } else {
      requireClosed(next, stats);
      folder = next;
    }
  }
}

/** Throws unless `path` is a regular file of this user or root and not writable by others. */
export function requireTrustedFile(path: string): void {
  const stats = lstatSync(path);
  if (!stats.isFile()) throw new Error(`${path} is not a regular file`);
  if (process.getuid === undefined) return;
  if (!isOurs(stats) || isWritableByOthers(stats)) throw notTrusted(path);
}

// --- internal ---

/** The limit of Linux. */
const linksMax = 40;

/** Keeps `..`: `join()` applies it to the real folder, as the system does. */
function namesOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((name) => name !== "" && name !== ".");
}

function requireClosed(folder: string, stats: Stats): void {
  const isSticky = (stats.mode & 0o1000) !== 0;
  if (!isOurs(stats) || (isWritableByOthers(stats) && !isSticky)) throw notTrusted(folder);
}

function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.getuid?.();
}

function isWritableByOthers({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0;
}

function notTrusted(path: string): Error {
  return new Error(`${path} belongs to another user, or another user can write to it`);
}
