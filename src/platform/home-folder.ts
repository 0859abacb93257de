/** Finds the home folder of the user. */
import { homedir } from "node:os";
import { resolve } from "node:path";

/**
 * Returns the home folder of the user. Null if the system does not know the user id and HOME is not set, as in many
 * containers.
 */
export function homeFolder(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}

/**
 * Replaces `~/` at the start of a path by the home folder. Returns the path unchanged when it does not start with `~/`,
 * or when there is no home folder.
 */
export function withHomeFolder(path: string): string {
  const home = /^~[/\\]/u.test(path) ? homeFolder() : null;
  return home === null ? path : resolve(home, path.slice(2));
}
