/** Finds the user's configuration file. */
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Environment } from "./setting.ts";

/**
 * Returns the path of the user's configuration file, or null when the file does not exist. Only environment variables
 * determine the folder. The user database is not used, so that a service without HOME does not read the configuration
 * file of its user by accident.
 */
export function configFilePath(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string | null {
  const folder = configFolder(environment, platform);
  const path = folder && join(folder, "open-asr-server", "config.toml");
  return path !== null && existsSync(path) ? path : null;
}

/**
 * Returns the folder for configuration files. On macOS, this is the same folder as on Linux. Most command-line programs
 * on macOS also use this folder.
 */
export function configFolder(
  { XDG_CONFIG_HOME: xdg, APPDATA: appData, HOME: home }: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string | null {
  if (platform === "win32") return absolute(appData);
  const ofUser = absolute(home);
  // A relative path in XDG_CONFIG_HOME is ignored, because the XDG specification requires this.
  return absolute(xdg) ?? (ofUser && join(ofUser, ".config"));
}

// --- internal ---

function absolute(path: string | undefined): string | null {
  return path !== undefined && isAbsolute(path) ? path : null;
}
