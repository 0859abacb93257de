/**
 * Checks the keys of a configuration file. If the file contains secrets, also checks that other users cannot read it.
 */
import type { ConfigFile } from "./config-file.ts";
import { placeOf } from "./file-value.ts";
import { settings } from "./index.ts";
import { nearestSetting } from "./nearest-setting.ts";
import { fileKey, type Setting } from "./setting.ts";

/** Returns one error message for each unknown key, and one if the file contains secrets and other users can read it. */
export function fileProblems(file: ConfigFile): string[] {
  const unknown = [...file.values.keys()].filter((key) => !known.has(key));
  return [...sharedSecrets(file), ...unknown.map((key) => unknownKey(key, file))];
}

// --- internal ---

const entries: readonly Setting<unknown>[] = Object.values(settings);
const known = new Set(entries.map(fileKey));
const offered = entries.filter((entry) => entry.hidden !== true && fileKey(entry) !== null);

function sharedSecrets({ path, values, isShared }: ConfigFile): string[] {
  if (!isShared) return [];
  const secret = entries.find((entry) => entry.secret === true && values.has(fileKey(entry) ?? ""));
  if (secret === undefined) return [];
  return [
    `${path} contains the secret "${fileKey(secret)}", and other users can read it: run chmod 600 "${path}"`,
  ];
}

function unknownKey(key: string, file: ConfigFile): string {
  const value = file.values.get(key);
  const isTable = typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
  if (isTable) return `Unknown table ${placeOf(key, file)}, expected only keys of settings`;
  const nearest = nearestSetting(key, offered);
  const advice =
    nearest === null
      ? "`open-asr-server config` lists the keys"
      : `did you mean ${fileKey(nearest)}?`;
  return `Unknown key ${placeOf(key, file)}: ${advice}`;
}
