import { expect, test } from "bun:test";
import {
  engineLanguage,
  isDetect,
  languageCode,
  languageName,
  whisperLanguages,
} from "../../src/transcript/languages.ts";

test("languageCode() finds a language by its code, name or other names, in any case", () => {
  const written = ["en", "EN", " English ", "Castilian", "haitian creole", "jw", "yue", "Flemish"];
  expect(written.map(languageCode)).toEqual(["en", "en", "en", "es", "ht", "jv", "yue", "nl"]);
});

test("languageCode() returns null for an unknown language", () => {
  for (const written of ["", "xx", "Klingon", "constructor", "__proto__", "-", "C"]) {
    expect(languageCode(written)).toBeNull();
  }
});

test("languageName() returns OpenAI's name of a language", () => {
  expect(["en", "nn", "my", "zz"].map(languageName)).toEqual([
    "english",
    "nynorsk",
    "myanmar",
    "zz",
  ]);
});

test("every language that a client can name has the code that Whisper models use", () => {
  expect(whisperLanguages(100)).toHaveLength(100);
  expect(whisperLanguages(99).at(-1)).toBe("su");
  for (const written of ["javanese", "jw", "jv", "mandarin", "cantonese", "hawaiian"]) {
    expect(whisperLanguages(100)).toContain(languageCode(written) ?? written);
  }
  expect(languageName("jv")).toBe("javanese");
});

test.each([
  ["locales", "en-US pt_BR zh-TW zh-Hans sr-Latn es-419 pt_BR.UTF-8", "en pt zh zh sr es pt"],
  ["ISO 639-2 and -3", "eng deu ger zho chi cmn jav arb ekk", "en de de zh zh zh jv ar et"],
  ["withdrawn codes", "iw in ji mo jw", "he id yi ro jv"],
  ["codes for which Whisper has another", "nb nob fil", "no no tl"],
])("%s are understood", (_, written, codes) => {
  expect(written.split(" ").map(languageCode)).toEqual(codes.split(" "));
});

test.each([
  ["Farsi", "fa"],
  ["Filipino", "tl"],
  ["Chinese (Simplified)", "zh"],
  ["Simplified Chinese", "zh"],
  ["Norwegian Bokmål", "no"],
  ["Norwegian Nynorsk", "nn"],
  ["Māori", "mi"],
  ["Burmese", "my"],
  ["haitian_creole", "ht"],
  ["Brazilian Portuguese", "pt"],
  ["Moldavian", "ro"],
])("the everyday name %p is understood", (written, code) => {
  expect(languageCode(written)).toBe(code);
});

test.each(whisperLanguages(100))("%s: its name in the language itself leads to it", (code) => {
  const native = new Intl.DisplayNames([code], { type: "language" }).of(code)!;
  for (const written of [native, native.toUpperCase(), ` ${native.normalize("NFD")} `]) {
    expect(languageCode(written)).toBe(code);
  }
});

test.each([
  ["Deutsch", "de"],
  ["ESPAÑOL", "es"],
  ["日本語", "ja"],
  ["português (Brasil)", "pt"],
  ["繁體中文", "zh"],
  ["srpski", "sr"],
  ["o'zbek", "uz"],
  ["Bahasa Indonesia", "id"],
  ["Kreyòl ayisyen", "ht"],
])("the native name %p is understood", (written, code) => {
  expect(languageCode(written)).toBe(code);
});

test("ISO 639-2 has two codes for twenty languages, and both are understood", () => {
  const pairs =
    "alb/sqi arm/hye baq/eus bur/mya chi/zho cze/ces dut/nld fre/fra geo/kat ger/deu gre/ell ice/isl " +
    "mac/mkd mao/mri may/msa per/fas rum/ron slo/slk tib/bod wel/cym";
  for (const pair of pairs.split(" ")) {
    const [first, second] = pair.split("/").map(languageCode);
    expect(whisperLanguages(100)).toContain(first!);
    expect(second).toBe(first);
  }
});

test.each(whisperLanguages(100))("%s: code, name, and locales lead to it", (code) => {
  const likely = new Intl.Locale(code).maximize().toString();
  for (const written of [code, code.toUpperCase(), languageName(code), likely, `${code}-001`]) {
    expect(languageCode(written)).toBe(code);
  }
  expect(engineLanguage(code)).toBe(code);
});

test("an engine may use a withdrawn code, or one of its own", () => {
  expect(["jw", "iw", "nb", "zz"].map(engineLanguage)).toEqual(["jv", "he", "no", "zz"]);
});

test("a language that Whisper does not have is not taken for another", () => {
  expect(["tlh", "wuu", "prs", "tw"].map(languageCode)).toEqual(["tlh", "wuu", "prs", "tw"]);
  expect(languageName("wuu")).toBe("wu chinese");
});

test("blank, auto and und mean that the language must be detected", () => {
  expect(["", " ", "auto", "AUTO", "und"].map(isDetect)).toEqual([true, true, true, true, true]);
  expect(["en", "automatic"].map(isDetect)).toEqual([false, false]);
});
