/**
 * Reads one setting from its flag, its environment variable, the configuration file or its default, in this order.
 */
import type { ConfigFile } from "./config-file.ts";
import { readFileValue } from "./file-value.ts";
import { type Environment, fileKey, type Setting } from "./setting.ts";
import { wrongItemText } from "./wrong-item.ts";
import { withoutPassword } from "../models/hub/shown-url.ts";

/** Unparsed values of flags, by flag name. */
export type Flags = Readonly<Record<string, string | undefined>>;

export interface Sources {
  readonly flags: Flags;
  readonly environment: Environment;
  /** The configuration file. Null when there is no configuration file. */
  readonly file: ConfigFile | null;
}

export interface FoundValue {
  readonly value: unknown;
  readonly source: "default" | "environment" | "file" | "flag";
}

interface ReadResult extends FoundValue {
  /** Error message for an invalid value. Null when the value is valid. */
  readonly problem: string | null;
}

export function readSetting(
  entry: Setting<unknown>,
  { flags, environment, file }: Sources,
): ReadResult {
  const { flag, variable } = entry;
  const fromFlag = flag === undefined ? undefined : flags[flag];
  if (fromFlag !== undefined) {
    return { ...readText(entry, `--${flag}`, fromFlag), source: "flag" };
  }
  const fromVariable = environment[variable]?.trim() || undefined;
  if (fromVariable !== undefined) {
    return { ...readText(entry, variable, fromVariable), source: "environment" };
  }
  const key = fileKey(entry);
  if (file !== null && key !== null && file.values.has(key)) {
    return { ...readFileValue(entry, key, file), source: "file" };
  }
  return { ...defaultOf(entry, environment), problem: null };
}

export function defaultOf({ fallback }: Setting<unknown>, environment: Environment): FoundValue {
  const value = typeof fallback === "function" ? fallback(environment) : fallback;
  return { value, source: "default" };
}

// --- internal ---

function readText(
  entry: Setting<unknown>,
  name: string,
  written: string,
): Pick<ReadResult, "value" | "problem"> {
  const value = written.trim() === "" ? undefined : entry.value.read(written);
  if (value !== undefined) return { value, problem: null };
  const found = entry.secret ? "is invalid" : `is "${withoutPassword(written)}"`;
  const items = written.split(",");
  // If the list contains only one item, the message does not name the invalid item, because it already shows the whole
  // value.
  const end = items.length > 1 ? wrongItemText(entry, items) : "";
  return { value, problem: `${name} ${found}, expected ${entry.value.expected}${end}` };
}
