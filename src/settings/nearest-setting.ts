/** Finds the setting whose flag or environment variable is most similar to a mistyped name. */
import { nearestNames } from "../models/nearest-names.ts";
import { bareName, type Setting } from "./setting.ts";

/** Returns the setting in `entries` whose name is most similar to `written`. Null when no name is similar. */
export function nearestSetting(
  written: string,
  entries: readonly Setting<unknown>[],
): Setting<unknown> | null {
  return nearestSpelling(written, spellingsOf(entries));
}

/**
 * Maps each name to its setting. A setting has two names: its flag, and its variable without the prefix. The two names
 * may differ. For example, workers and transcribe-workers are names of the same setting.
 */
export function spellingsOf(
  entries: readonly Setting<unknown>[],
): ReadonlyMap<string, Setting<unknown>> {
  const variables = entries.map((entry) => [bareName(entry.variable), entry] as const);
  const flags = entries.flatMap((entry) =>
    entry.flag === undefined ? [] : [[entry.flag, entry] as const],
  );
  // When a flag and a variable have the same name, the flag has priority.
  return new Map([...variables, ...flags]);
}

/**
 * Returns the value of the key in `spellings` that is most similar to `written`. If no key is similar, looks for a key
 * whose words start with the parts of `written`. Otherwise returns null.
 *
 * Ignores the prefix of a variable. With the prefix, OPEN_ASR_PORT would be more similar to OPEN_ASR_VAD than to
 * OPEN_ASR_SERVER_PORT.
 */
export function nearestSpelling<T>(written: string, spellings: ReadonlyMap<string, T>): T | null {
  const name = bareName(written);
  const [nearest] = [
    ...nearestNames(name, spellings.keys()),
    ...namesWithWords(name, spellings.keys()),
  ];
  return nearest === undefined ? null : (spellings.get(nearest) ?? null);
}

// --- internal ---

/** Minimum length of the longest part of a mistyped name. If all parts are shorter, too many names would match. */
const partLengthMin = 3;

/**
 * Returns the names that match `written`, the shortest name first. A name matches if each part of `written` is the
 * start of one of its words. For example, `log` finds log-level.
 */
function namesWithWords(written: string, names: Iterable<string>): string[] {
  const parts = written.split("-").filter((part) => part !== "");
  if (!parts.some((part) => part.length >= partLengthMin)) return [];
  return [...names]
    .filter((name) => {
      const words = name.split("-");
      return parts.every((part) => words.some((word) => word.startsWith(part)));
    })
    .toSorted((a, b) => a.length - b.length);
}
