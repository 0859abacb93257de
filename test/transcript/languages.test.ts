import { expect, test } from "bun:test";
import { languageCode, languageName } from "../../src/transcript/languages.ts";

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
