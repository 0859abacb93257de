/** Reads the language that a client or the operator asks for. */
import { isDetect, languageCode, languageWords } from "../transcript/languages.ts";
import { nearestNames } from "./nearest-names.ts";

export interface LanguageChoice {
  /** Null: detect the language. */
  readonly code: string | null;
}

/** Undefined when `written` names no language. */
export function readLanguage(written: string): LanguageChoice | undefined {
  if (isDetect(written)) return { code: null };
  const code = languageCode(written);
  return code === null ? undefined : { code };
}

/** Completes the sentence `Cannot use the language "x": expected ...`. */
export const languageExpected =
  'an ISO 639-1 code such as "en", a locale such as "en-US", an English name, or "auto" to detect it';

/** The same, with the names that are nearest to the mistyped one. */
export function languageExpectedFor(written: string): string {
  const nearest = nearestNames(written.trim(), languageWords()).map((name) => `"${name}"`);
  return nearest.length === 0
    ? languageExpected
    : `${languageExpected}; did you mean ${nearest.join(" or ")}?`;
}
