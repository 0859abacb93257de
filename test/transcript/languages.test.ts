import { expect, test } from "bun:test";
import { languageCode, languageName, whisperLanguages } from "../../src/transcript/languages.ts";

test("languageCode() finds a language by its code, name or other names, in any case", () => {
  const written = ["en", "EN", " English ", "Castilian", "haitian creole", "jw", "yue", "Flemish"];
  expect(written.map(languageCode)).toEqual(["en", "en", "en", "es", "ht", "jv", "yue", "nl"]);
});

test("languageCode() returns null for an unknown language", () => {
  for (const written of ["", "xx", "Klingon", "constructor", "__proto__", "en-US"]) {
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
