/** Tests the error message for an unknown language. */
import { expect, test } from "bun:test";
import { languageExpected, languageExpectedFor } from "../../src/models/language-choice.ts";

test.each([
  ["kr", '; did you mean "ko"?'],
  ["cn", '; did you mean "zh"?'],
  ["UA", '; did you mean "uk"?'],
  ["xq", ""],
])("for the unknown language %s the message ends with %p", (written, suggestion) => {
  expect(languageExpectedFor(written)).toBe(`${languageExpected}${suggestion}`);
});
