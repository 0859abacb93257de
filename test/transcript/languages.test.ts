import { expect, test } from "bun:test";
import { languageCode, languageName, whisperLanguages } from "../../src/transcript/languages.ts";

test("a language is found by its code, its name and its other names, in any case", () => {
  const written = ["en", "EN", " English ", "Castilian", "haitian creole", "jw", "yue", "Flemish"];
  expect(written.map(languageCode)).toEqual(["en", "en", "en", "es", "ht", "jv", "yue", "nl"]);
});

test("what is no language is null", () => {
  for (const written of ["", "xx", "Klingon", "constructor", "__proto__", "en-US"]) {
    expect(languageCode(written)).toBeNull();
  }
});

test("a code's name is OpenAI's", () => {
  expect(["en", "nn", "my", "zz"].map(languageName)).toEqual([
    "english",
    "nynorsk",
    "myanmar",
    "zz",
  ]);
});

test("every language that a client can name is one of Whisper's, by the code that models use", () => {
  expect(whisperLanguages(100)).toHaveLength(100);
  expect(whisperLanguages(99).at(-1)).toBe("su");
  for (const written of ["javanese", "jw", "jv", "mandarin", "cantonese", "hawaiian"]) {
    expect(whisperLanguages(100)).toContain(languageCode(written) ?? written);
  }
  expect(languageName("jv")).toBe("javanese");
});
