/** Where the system lets a program keep what it can make again. */

import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const name = "open-asr-server";

/** Folders for this user's cache, best first. The operator's own choice, when there is one, is the only one. */
export function cacheFolders(environment: Readonly<Record<string, string | undefined>>): string[] {
  const chosen = environment["OPEN_ASR_SERVER_CACHE_DIR"];
  if (chosen) return [chosen];
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment;
  const users =
    process.platform === "darwin"
      ? join(homedir(), "Library", "Caches", name)
      : process.platform === "win32"
        ? join(local ?? join(homedir(), "AppData", "Local"), name, "cache")
        : join(xdg || join(homedir(), ".cache"), name);
  return [users, join(tmpdir(), `${name}-${userInfo().uid}`)];
}
