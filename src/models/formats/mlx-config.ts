/** Reads the config.json in the folder of a model for MLX. Treats the file as untrusted input. */
import { join } from "node:path";
import { readText } from "../file-facts.ts";

export type MlxConfig = Readonly<Record<string, unknown>>;

/** Returns the object in config.json. Null when the folder has no such file, or when the file contains anything else. */
export async function readMlxConfig(folder: string): Promise<MlxConfig | null> {
  const text = await readText(join(folder, "config.json"), configBytesMax);
  return text === null ? null : parseObject(text);
}

/** Returns the value if it is an object. Null for a list and for any other value. */
export function objectIn(value: unknown): MlxConfig | null {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as MlxConfig) : null;
}

// --- internal ---

/** Maximum size of config.json in bytes, the same as in ffi/mlx/config_json.hpp. */
const configBytesMax = 1024 * 1024;

function parseObject(text: string): MlxConfig | null {
  try {
    return objectIn(JSON.parse(text));
  } catch {
    return null;
  }
}
