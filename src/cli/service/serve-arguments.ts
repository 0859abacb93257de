/** Writes flags as the arguments of a command that runs in another folder. */
import { resolve } from "node:path";
import type { FoundSettings } from "../../settings/config.ts";
import { settings } from "../../settings/index.ts";
import type { Setting } from "../../settings/setting.ts";

/** Returns the flags as arguments. Relative paths become absolute. `found` contains the values of the flags. */
export function serveArguments(
  flags: Readonly<Record<string, string | undefined>>,
  found: FoundSettings,
): string[] {
  return Object.entries(flags).flatMap(([flag, written]) =>
    written === undefined ? [] : [`--${flag}=${absolute(flag, written, found)}`],
  );
}

// --- internal ---

function absolute(flag: string, written: string, found: FoundSettings): string {
  const [name, entry] =
    Object.entries<Setting<unknown>>(settings).find(([, one]) => one.flag === flag) ?? [];
  if (entry?.value.range === "path") return String(found[name as keyof FoundSettings].value);
  // The value of a model is a name or a path.
  return /^\.\.?[/\\]/.test(written) ? resolve(written) : written;
}
