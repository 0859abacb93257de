/** Decides which models `serve` loads at startup. */
import type { Config } from "../settings/config.ts";

/**
 * Returns the models to load at startup. With `serve -m MODEL`, they include the default model, because `-m` of the
 * Python server also loads its model at startup. `written` contains the flags in the form that the user wrote, for
 * example `-m`.
 */
export function preloadedModels(
  { defaultModel, preload }: Pick<Config, "defaultModel" | "preload">,
  written: ReadonlySet<string>,
): readonly string[] {
  return written.has("-m") && defaultModel !== null ? [defaultModel, ...preload] : preload;
}
