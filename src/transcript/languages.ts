/** Languages: the code for what a client or an engine calls a language, and English names as OpenAI spells them. */

/** English name for a language code, in lower case; an unknown code is returned unchanged. */
export function languageName(code: string): string {
  return names.get(code) ?? displayName(code)?.toLowerCase() ?? code;
}

/**
 * The code of a language: ISO 639-1, or 639-3 for a language without a 639-1 code. Accepts codes of ISO 639-1, -2 and -3,
 * withdrawn codes, locales and English names, in any case. Null when this names no language.
 */
export function languageCode(written: string): string | null {
  return codes.get(plain(written)) ?? codeOfTag(written);
}

/** The code of a language of a model, for the code that its engine uses. The server uses only codes from this function. */
export function engineLanguage(engineCode: string): string {
  return languageCode(engineCode) ?? engineCode;
}

/** Whether this asks to detect the language. */
export function isDetect(written: string): boolean {
  return ["", "auto", "und"].includes(written.trim().toLowerCase());
}

/** All codes and names of the table below, to suggest the nearest one. */
export function languageWords(): string[] {
  return [...names.keys(), ...codes.keys()];
}

/**
 * Codes of the first `count` languages of Whisper, in the order of its tokens. Models with fewer languages lack the
 * last ones.
 */
export function whisperLanguages(count: number): string[] {
  return Object.keys(table).slice(0, count);
}

// --- internal ---

/**
 * English names by ISO 639-1 code, in the order of Whisper's tokens. Hawaiian and Cantonese only have ISO 639-3
 * codes.
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

/** Two codes of the same language, for Whisper: it has one token for both. The Intl API keeps them apart. */
const sameLanguage: ReadonlyMap<string, string> = new Map([
  ["nb", "no"],
  ["fil", "tl"],
]);

/** English names that the Intl API does not know. */
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

/** Locales whose English name is not the name of a language: Flemish, Simplified Chinese. */
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

const displayNames = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });

/** English name of a language tag, as Unicode's CLDR spells it. */
function displayName(tag: string): string | undefined {
  try {
    return displayNames.of(tag);
  } catch {
    // Not a well-formed tag.
    return undefined;
  }
}

/** Codes by plain name. */
const codes: ReadonlyMap<string, string> = new Map([
  ...[...Object.keys(table), ...sameLanguage.keys(), ...namedLocales].map((tag) => {
    const [language = tag] = tag.split("-");
    return [plain(displayName(tag) ?? tag), sameLanguage.get(language) ?? language] as const;
  }),
  ...Object.entries(table).map(([code, name]) => [name, code] as const),
  ...Object.entries(otherNames),
]);

/** A name without case, accents, hyphens and the part in parentheses: "Chinese (Simplified)" is "chinese". */
function plain(name: string): string {
  return name
    .toLowerCase()
    .normalize("NFD")
    .replaceAll(/\p{M}|\(.*\)/gu, "")
    .replaceAll(/[\s_-]+/g, " ")
    .trim();
}

/** The code for a language tag ("zh-Hant"), or a locale of POSIX ("pt_BR.UTF-8"). */
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
  // CLDR gives several codes of a language the same name: "ger" and "de", "cmn" and "zh".
  return name === undefined ? null : (codes.get(plain(name)) ?? code);
}

/** Replaces withdrawn codes ("iw") and those of ISO 639-3 that have a shorter one ("deu"). Null: not a well-formed tag. */
function canonicalTag(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    return null;
  }
}
