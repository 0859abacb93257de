/** Finds the flag or the variable that a mistyped name probably means. */
import { nearestNames } from "../models/nearest-names.ts";
import type { Setting } from "./setting.ts";

/** The nearest of `entries`; null when none is similar. */
export function nearestSetting(
  written: string,
  entries: readonly Setting<unknown>[],
): Setting<unknown> | null {
  return nearestSpelling(written, spellingsOf(entries));
}

/**
 * The names of each setting: its flag, and its variable without the prefix. So OPEN_ASR_SERVER_WORKERS and
 * --transcribe-workers both find the setting of --workers.
 */
export function spellingsOf(
  entries: readonly Setting<unknown>[],
): ReadonlyMap<string, Setting<unknown>> {
  const variables = entries.map((entry) => [bareName(entry.variable), entry] as const);
  const flags = entries.flatMap((entry) =>
    entry.flag === undefined ? [] : [[entry.flag, entry] as const],
  );
  // A flag replaces the equal variable of another setting.
  return new Map([...variables, ...flags]);
}

/**
 * What the nearest of the spellings stands for; null when none is similar. The prefix of a variable does not count, since
 * OPEN_ASR_PORT would be nearer to OPEN_ASR_VAD than to OPEN_ASR_SERVER_PORT.
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

/** Without prefix and dashes, in the spelling of flags: OPEN_ASR_SERVER_MAX_REQUESTS is max-requests. */
function bareName(name: string): string {
  const flag = name.toLowerCase().replaceAll("_", "-").replace(/^-+/, "");
  return flag.replace(/^open-asr-(?:server-)?/, "");
}

/** A shorter part of a word is the start of too many words. */
const partLengthMin = 3;

/** The names that contain each word of `written` or one that starts with it, the shortest first: `log` is part of log-level. */
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
