/** The language of a transcript by a model that does not tell which of its languages it heard. */
import type { TranscribeOptions } from "../../ipc/options.ts";

/** Known when the request says it, or when there were words and the model has one language only; else null. */
export function untoldLanguage(
  options: Pick<TranscribeOptions, "language">,
  { languages }: { readonly languages: readonly string[] },
  heardWords: boolean,
): string | null {
  const [only = null] = languages;
  return options.language ?? (heardWords && languages.length === 1 ? only : null);
}
