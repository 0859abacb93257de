/** Determines the language of a transcript for a model that does not detect the language. */
import type { TranscribeOptions } from "../../ipc/options.ts";

/**
 * Returns the language of the request. If the request has no language, returns the only language of the model, but only
 * if the model recognized words. Otherwise returns null, for example if the model has several languages.
 */
export function knownLanguage(
  options: Pick<TranscribeOptions, "language">,
  { languages }: { readonly languages: readonly string[] },
  hasWords: boolean,
): string | null {
  const [only = null] = languages;
  return options.language ?? (hasWords && languages.length === 1 ? only : null);
}
