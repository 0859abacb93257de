/** Languages: codes, and English names as OpenAI spells them. */

/** English name for a language code; an unknown code is returned unchanged. */
export function languageName(code: string): string {
  return names.get(code) ?? code;
}

/** Language code for a code or English name, case-insensitive; null when unknown. */
export function languageCode(written: string): string | null {
  const key = written.trim().toLowerCase();
  return names.has(key) ? key : (codes.get(key) ?? null);
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

const otherNames = {
  jw: "jv",
  burmese: "my",
  castilian: "es",
  flemish: "nl",
  haitian: "ht",
  letzeburgesch: "lb",
  mandarin: "zh",
  moldavian: "ro",
  moldovan: "ro",
  panjabi: "pa",
  pushto: "ps",
  sinhalese: "si",
  valencian: "ca",
};

const codes: ReadonlyMap<string, string> = new Map([
  ...Object.entries(table).map(([code, name]) => [name, code] as const),
  ...Object.entries(otherNames),
]);
