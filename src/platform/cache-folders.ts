/** Finds the folders in which the system lets programs keep cached files. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { homeFolder } from "./home-folder.ts";

const name = "open-asr-server";

/** Returns the cache folders of this user, in order of preference. */
export function cacheFolders(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const own = userCache(environment, platform);
  const shared = join(tmpdir(), `${name}-${process.getuid?.() ?? "user"}`);
  return own === null ? [shared] : [join(own, name), shared];
}

// --- internal ---

function userCache(
  { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local }: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string | null {
  if (platform === "win32") return local || null;
  if (platform === "linux" && xdg) return xdg;
  const home = homeFolder();
  return home && join(home, platform === "darwin" ? "Library/Caches" : ".cache");
}
