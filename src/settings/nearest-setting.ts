/** Finds the setting whose flag or variable is most similar to a mistyped name. */
import { nearestNames } from "../models/nearest-names.ts";
import type { Setting } from "./setting.ts";

/** The most similar of `entries`; null when none is similar. */
export function nearestSetting(
  written: string,
  entries: readonly Setting<unknown>[],
): Setting<unknown> | null {
  return nearestSpelling(written, spellingsOf(entries));
}

/**
 * The settings by name. Each setting has two names: its flag, and its variable without the prefix. So both
 * OPEN_ASR_SERVER_WORKERS and --transcribe-workers find the setting with the flag --workers.
 */
export function spellingsOf(
  entries: readonly Setting<unknown>[],
): ReadonlyMap<string, Setting<unknown>> {
  const variables = entries.map((entry) => [bareName(entry.variable), entry] as const);
  const flags = entries.flatMap((entry) =>
    entry.flag === undefined ? [] : [[entry.flag, entry] as const],
  );
  // A flag has priority over the same name of a variable.
  return new Map([...variables, ...flags]);
}

/**
 * The value of the most similar key; null when no key is similar. Ignores the prefix of a variable: with it,
 * OPEN_ASR_PORT would be more similar to OPEN_ASR_VAD than to OPEN_ASR_SERVER_PORT.
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

/** The name in the form of a flag, without prefix and leading dashes: OPEN_ASR_SERVER_MAX_REQUESTS gives max-requests. */
function bareName(name: string): string {
  const flag = name.toLowerCase().replaceAll("_", "-").replace(/^-+/, "");
  return flag.replace(/^open-asr-(?:server-)?/, "");
}

/** Minimum length of a part. Too many words start with a shorter part. */
const partLengthMin = 3;

/** Names in which a word starts with each part of `written`, the shortest name first. For example, `log` finds log-level. */
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
