/**
 * Whether only this user and root can change what a path leads to. Another user who can write to any folder on the way
 * could swap a library between its check and its use. Windows is not checked: its user folders are private by default.
 */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { isAbsolute, join, parse, resolve, sep } from "node:path";

/**
 * Throws unless each folder on the way to `path`, and `path` itself, belongs to this user or root and is closed to
 * others. A folder that others can write to is accepted when it is sticky, as /tmp: there they cannot replace what is
 * not theirs. Symbolic links are followed, and the folders on their way are checked as well.
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
      if (++links > linksMax) throw new Error(`${path} leads through too many symbolic links`);
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

/** Throws unless `path` is a plain file of this user or root that others cannot write to. */
export function requireTrustedFile(path: string): void {
  const stats = lstatSync(path);
  if (!stats.isFile()) throw new Error(`${path} is not a plain file`);
  if (process.getuid === undefined) return;
  if (!isOurs(stats) || isWritableByOthers(stats)) throw notTrusted(path);
}

// --- internal ---

/** As many as Linux follows. */
const linksMax = 40;

/** `..` stays: `join()` applies it to the real folder, as the system does. */
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
  return new Error(`${path} belongs to, or can be written by, another user`);
}
