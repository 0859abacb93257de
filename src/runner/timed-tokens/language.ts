/** Determines the language of a transcript for a model that does not detect the language. */
import type { TranscribeOptions } from "../../ipc/options.ts";

/**
 * Returns the language of the request, if it has one. Otherwise, if the model has only one language and recognized
 * words, returns this language. In all other cases returns null.
 */
export function knownLanguage(
  options: Pick<TranscribeOptions, "language">,
  { languages }: { readonly languages: readonly string[] },
  hasWords: boolean,
): string | null {
  const [only = null] = languages;
  return options.language ?? (hasWords && languages.length === 1 ? only : null);
}
