/** Finds the configuration file of the user. */
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Environment } from "./setting.ts";

/**
 * Returns the path of the user's configuration file, or null when it does not exist. The folder comes from the
 * environment alone, not from the user database, so that a service without HOME reads no file by chance.
 */
export function configFilePath(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string | null {
  const folder = configFolder(environment, platform);
  const path = folder && join(folder, "open-asr-server", "config.toml");
  return path !== null && existsSync(path) ? path : null;
}

// --- internal ---

/** On macOS, command-line programs use the same folder as on Linux. */
function configFolder(
  { XDG_CONFIG_HOME: xdg, APPDATA: appData, HOME: home }: Environment,
  platform: NodeJS.Platform,
): string | null {
  if (platform === "win32") return absolute(appData);
  const ofUser = absolute(home);
  // The specification of XDG_CONFIG_HOME requires that programs ignore a relative path.
  return absolute(xdg) ?? (ofUser && join(ofUser, ".config"));
}

function absolute(path: string | undefined): string | null {
  return path !== undefined && isAbsolute(path) ? path : null;
}
