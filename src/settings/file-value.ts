/** Reads the value of one setting from a configuration file. */
import type { ConfigFile } from "./config-file.ts";
import type { Setting } from "./setting.ts";
import type { Value } from "./value.ts";
import { wrongItemText } from "./wrong-item.ts";
import { withoutPassword } from "../models/hub/shown-url.ts";

interface FileValue {
  readonly value: unknown;
  /** Error message for an invalid value. Null when the value is valid. */
  readonly problem: string | null;
}

export function readFileValue(entry: Setting<unknown>, key: string, file: ConfigFile): FileValue {
  const { value: type, secret } = entry;
  const written = file.values.get(key);
  const value = parseValue(type, written, file.folder);
  if (value !== undefined) return { value, problem: null };
  const found = secret === true ? "is invalid" : `is ${shownValue(written)}`;
  const end = isTexts(written) ? wrongItemText(entry, written) : "";
  const expected = `expected ${expectedText(type, written)}${end}`;
  return { value, problem: `${placeOf(key, file)} ${found}, ${expected}` };
}

/**
 * Returns the place of the key for an error message: the path of the file and, if the line of the key is certain, the
 * line number.
 */
export function placeOf(key: string, { path, lines }: ConfigFile): string {
  const line = lines.get(key);
  return `"${key}" (${path}${line === undefined ? "" : `, line ${line}`})`;
}

// --- internal ---

function parseValue(type: Value<unknown>, written: unknown, folder: string): unknown {
  if (type.toml === "array") {
    return isTexts(written) ? type.readItems?.(written, folder) : undefined;
  }
  if (type.toml === "boolean") return typeof written === "boolean" ? written : undefined;
  if (type.toml === "number") {
    return typeof written === "number" ? type.read(String(written)) : undefined;
  }
  return isText(written) ? type.read(written, folder) : undefined;
}

function isText(written: unknown): written is string {
  return typeof written === "string" && written.trim() !== "";
}

/** Returns whether the value is an array of strings none of which is blank. */
function isTexts(written: unknown): written is readonly string[] {
  return Array.isArray(written) && written.every(isText);
}

/**
 * Returns the end of the error message `KEY is VALUE, expected ...`. If the value has the wrong TOML type, it explains
 * how to write the value.
 */
function expectedText({ toml, expected }: Value<unknown>, written: unknown): string {
  if (toml === "boolean") return "true or false, without quotes";
  if (toml === "array") {
    return expected.replace("a comma-separated list", 'an array of texts such as ["one", "two"]');
  }
  if (typeof written === toml) return expected;
  return `${expected}, ${toml === "string" ? "in quotes" : "without quotes"}`;
}

/** Maximum number of characters of a value that an error message shows. */
const shownMax = 100;

function shownValue(written: unknown): string {
  if (Array.isArray(written)) return "an array";
  if (written instanceof Date) return "a date";
  if (typeof written === "object") return "a table";
  const text =
    typeof written === "number" ? String(written) : withoutPassword(JSON.stringify(written));
  return text.length > shownMax ? `${text.slice(0, shownMax)}...` : text;
}
