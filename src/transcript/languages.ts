/**
 * Converts names and codes of languages to the codes that the server uses. Clients and engines write these names and
 * codes in many forms. Also returns English names as OpenAI spells them.
 */

/** Returns the English name of a language code, in lower case. Returns an unknown code unchanged. */
export function languageName(code: string): string {
  return names.get(code) ?? displayName(code)?.toLowerCase() ?? code;
}

/**
 * Returns the code of a language. This is the ISO 639-1 code, or the ISO 639-3 code if there is no ISO 639-1 code.
 * Returns null if `written` is not a language.
 *
 * Accepts codes of ISO 639-1, -2 and -3, withdrawn codes, locales, English names and native names ("Deutsch"). Upper
 * and lower case make no difference.
 */
export function languageCode(written: string): string | null {
  const name = plain(written);
  return codes().get(name) ?? codeOfTag(written) ?? nativeCodes().get(name) ?? null;
}

/**
 * Converts the code that an engine uses for a language to the code that the server uses. Returns an unknown code
 * unchanged. The server uses only codes that this function returns.
 */
export function engineLanguage(engineCode: string): string {
  return languageCode(engineCode) ?? engineCode;
}

/** Returns whether `written` asks the server to detect the language. */
export function isDetect(written: string): boolean {
  return ["", "auto", "und"].includes(written.trim().toLowerCase());
}

/**
 * Returns all codes and names of the table below. If a client misspells a language, the server suggests the nearest
 * code or name.
 */
export function languageWords(): string[] {
  return [...names.keys(), ...codes().keys()];
}

/**
 * Returns the codes of the first `count` languages of Whisper, in the order of its tokens. Models with fewer languages
 * lack the last languages of the list.
 */
export function whisperLanguages(count: number): string[] {
  return Object.keys(table).slice(0, count);
}

// --- internal ---

/**
 * English names of languages by ISO 639-1 code, in the order of Whisper's tokens. Hawaiian and Cantonese have only an
 * ISO 639-3 code.
 */
const table = {
  en: "english",
  zh: "chinese",
  de: "german",
  es: "spanish",
  ru: "russian",
  ko: "korean",
  fr: "french",
  ja: "japanese",
  pt: "portuguese",
  tr: "turkish",
  pl: "polish",
  ca: "catalan",
  nl: "dutch",
  ar: "arabic",
  sv: "swedish",
  it: "italian",
  id: "indonesian",
  hi: "hindi",
  fi: "finnish",
  vi: "vietnamese",
  he: "hebrew",
  uk: "ukrainian",
  el: "greek",
  ms: "malay",
  cs: "czech",
  ro: "romanian",
  da: "danish",
  hu: "hungarian",
  ta: "tamil",
  no: "norwegian",
  th: "thai",
  ur: "urdu",
  hr: "croatian",
  bg: "bulgarian",
  lt: "lithuanian",
  la: "latin",
  mi: "maori",
  ml: "malayalam",
  cy: "welsh",
  sk: "slovak",
  te: "telugu",
  fa: "persian",
  lv: "latvian",
  bn: "bengali",
  sr: "serbian",
  az: "azerbaijani",
  sl: "slovenian",
  kn: "kannada",
  et: "estonian",
  mk: "macedonian",
  br: "breton",
  eu: "basque",
  is: "icelandic",
  hy: "armenian",
  ne: "nepali",
  mn: "mongolian",
  bs: "bosnian",
  kk: "kazakh",
  sq: "albanian",
  sw: "swahili",
  gl: "galician",
  mr: "marathi",
  pa: "punjabi",
  si: "sinhala",
  km: "khmer",
  sn: "shona",
  yo: "yoruba",
  so: "somali",
  af: "afrikaans",
  oc: "occitan",
  ka: "georgian",
  be: "belarusian",
  tg: "tajik",
  sd: "sindhi",
  gu: "gujarati",
  am: "amharic",
  yi: "yiddish",
  lo: "lao",
  uz: "uzbek",
  fo: "faroese",
  ht: "haitian creole",
  ps: "pashto",
  tk: "turkmen",
  nn: "nynorsk",
  mt: "maltese",
  sa: "sanskrit",
  lb: "luxembourgish",
  my: "myanmar",
  bo: "tibetan",
  tl: "tagalog",
  mg: "malagasy",
  as: "assamese",
  tt: "tatar",
  haw: "hawaiian",
  ln: "lingala",
  ha: "hausa",
  ba: "bashkir",
  jv: "javanese",
  su: "sundanese",
  yue: "cantonese",
} as const;

const names: ReadonlyMap<string, string> = new Map(Object.entries(table));

/**
 * Pairs of codes that mean the same language for Whisper, which has one token for both codes. For the Intl API, they
 * are different languages.
 */
const sameLanguage: ReadonlyMap<string, string> = new Map([
  ["nb", "no"],
  ["fil", "tl"],
]);

/** Additional English names of languages. The Intl API does not return these names. */
const otherNames = {
  bokmal: "no",
  castilian: "es",
  farsi: "fa",
  haitian: "ht",
  letzeburgesch: "lb",
  mandarin: "zh",
  "mandarin chinese": "zh",
  moldovan: "ro",
  panjabi: "pa",
  pushto: "ps",
  sinhalese: "si",
  valencian: "ca",
};

/** Locales that have an English name of their own. For example, "Flemish" is the name of nl-BE. */
const namedLocales = [
  "en-US",
  "en-GB",
  "es-419",
  "pt-BR",
  "pt-PT",
  "fr-CA",
  "nl-BE",
  "ro-MD",
  "zh-Hans",
  "zh-Hant",
];

/**
 * Additional native names of languages. The Intl API does not return these names. They have the form that `plain`
 * returns.
 */
const otherNativeNames = {
  "bahasa indonesia": "id",
  "bahasa melayu": "ms",
  "basa jawa": "jv",
  "kreyol ayisyen": "ht",
  latina: "la",
  汉语: "zh",
  漢語: "zh",
  普通话: "zh",
};

let englishNamesFound: Intl.DisplayNames | null = null;

/** Returns the English names. They are read only when they are needed, because this takes 9 ms. */
function englishNames(): Intl.DisplayNames {
  return (englishNamesFound ??= namesIn("en"));
}

/** Returns an object with the names of all languages, written in `language` and spelled as in Unicode's CLDR. */
function namesIn(language: string): Intl.DisplayNames {
  return new Intl.DisplayNames([language], { type: "language", fallback: "none" });
}

/** Returns the English name of a language tag. */
function displayName(tag: string): string | undefined {
  try {
    return englishNames().of(tag);
  } catch {
    // The Intl API throws an error if the tag is not well-formed.
    return undefined;
  }
}

let codesMap: ReadonlyMap<string, string> | null = null;

/** Returns a map from the name of a language to its code. The names have the form that `plain` returns. */
function codes(): ReadonlyMap<string, string> {
  return (codesMap ??= new Map([
    ...[...Object.keys(table), ...sameLanguage.keys(), ...namedLocales].map((tag) => {
      const [language = tag] = tag.split("-");
      return [plain(displayName(tag) ?? tag), sameLanguage.get(language) ?? language] as const;
    }),
    ...Object.entries(table).map(([code, name]) => [name, code] as const),
    ...Object.entries(otherNames),
  ]));
}

let nativeCodesMap: ReadonlyMap<string, string> | null = null;

/**
 * Returns a map from the native name of a language to its code. Builds the map only when it is needed, because building
 * it takes 17 ms.
 */
function nativeCodes(): ReadonlyMap<string, string> {
  return (nativeCodesMap ??= new Map([
    ...[...Object.keys(table), ...namedLocales, "sr-Latn"].flatMap((tag) => {
      const [language = tag] = tag.split("-");
      const name = namesIn(tag).of(tag);
      return name === undefined ? [] : [[plain(name), language] as const];
    }),
    ...Object.entries(otherNativeNames),
  ]));
}

/**
 * Returns a name in a simple form, for example "chinese" for "Chinese (Simplified)". The result is in lower case. It
 * has no accents, no apostrophes and no part in parentheses. Hyphens and underscores are replaced by spaces.
 */
function plain(name: string): string {
  return name
    .toLowerCase()
    .normalize("NFD")
    .replaceAll(/\p{M}|['‘’ʻʼ]|\(.*\)/gu, "")
    .replaceAll(/[\s_-]+/g, " ")
    .trim();
}

/**
 * Returns the code for a language tag ("zh-Hant") or a POSIX locale ("pt_BR.UTF-8"); null if the language is unknown.
 */
function codeOfTag(written: string): string | null {
  const tag = canonicalTag(
    written
      .trim()
      .replace(/[.@].*$/s, "")
      .replaceAll("_", "-"),
  );
  const [language = ""] = tag?.split("-") ?? [];
  const code = sameLanguage.get(language) ?? language;
  if (names.has(code)) return code;
  const name = displayName(code);
  // A language can have several codes with the same name in CLDR, for example "ger" and "de", or "cmn" and "zh".
  // Therefore the code that the server uses is looked up by the name.
  return name === undefined ? null : (codes().get(plain(name)) ?? code);
}

/**
 * Returns the normal form of a language tag. Replaces a withdrawn code such as "iw". If a language has a shorter code,
 * also replaces its ISO 639-3 code such as "deu". Returns null if the tag is not well-formed.
 */
function canonicalTag(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    return null;
  }
}
