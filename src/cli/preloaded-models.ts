/** Decides which models `serve` loads at startup. */
import type { Config } from "../settings/config.ts";

/**
 * Returns the models to load at startup. With `serve -m MODEL`, the default model is one of these models. The reason is
 * that the Python server also loads the model of its flag `-m` at startup. `written` contains the flags in the form
 * that the user wrote, for example `-m`.
 */
export function preloadedModels(
  { defaultModel, preload }: Pick<Config, "defaultModel" | "preload">,
  written: ReadonlySet<string>,
): readonly string[] {
  return written.has("-m") && defaultModel !== null ? [defaultModel, ...preload] : preload;
}
