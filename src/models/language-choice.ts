/** Parses the language in a request or in the settings. */
import { isDetect, languageCode, languageWords } from "../transcript/languages.ts";
import { nearestNames } from "./nearest-names.ts";

export interface LanguageChoice {
  /** Code of the language. Null when the language must be detected. */
  readonly code: string | null;
}

/** Returns the requested language. Undefined when `written` is not the name or code of a language. */
export function readLanguage(written: string): LanguageChoice | undefined {
  if (isDetect(written)) return { code: null };
  const code = languageCode(written);
  return code === null ? undefined : { code };
}

/** Description of a valid language, without the value "auto". */
const namedExpected =
  'an ISO 639-1 code such as "en", a locale such as "en-US", or an English or native name';

/** Description of a valid language. It completes the error message `Cannot use the language "x": expected ...`. */
export const languageExpected = `${namedExpected}, or "auto" to detect it`;

/**
 * Returns the description of a valid language. If some language names are similar to `written`, also suggests them. The
 * description contains "auto" only if `canDetect` is true.
 */
export function languageExpectedFor(written: string, canDetect = true): string {
  const word = written.trim();
  const language = countryLanguages.get(word.toLowerCase());
  // Suggests nothing for a word with fewer than four letters, because such a word is similar to many names and codes.
  const similar = word.length < 4 ? [] : nearestNames(word, languageWords());
  const nearest = (language === undefined ? similar : [language]).map((name) => `"${name}"`);
  const expected = canDetect ? languageExpected : namedExpected;
  return nearest.length === 0 ? expected : `${expected}; did you mean ${nearest.join(" or ")}?`;
}

// --- internal ---

/** Maps country codes to language codes. Clients often send a country code by mistake. */
const countryLanguages: ReadonlyMap<string, string> = new Map(
  Object.entries({
    cn: "zh",
    cz: "cs",
    dk: "da",
    gr: "el",
    jp: "ja",
    kr: "ko",
    ua: "uk",
    us: "en",
  }),
);
