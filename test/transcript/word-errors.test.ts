/** Tests the count of word errors. */
import { expect, test } from "bun:test";
import { countWordErrors } from "../../src/transcript/word-errors.ts";

test.each([
  ["case, punctuation and width do not count", "Ask NOT, what?", "ask ｎｏｔ what", 0, 3],
  ["a substituted word", "ask not what", "ask now what", 1, 3],
  ["an inserted word", "ask not what", "ask not for what", 1, 3],
  ["a missing word", "ask not what", "ask what", 1, 3],
  ["no text", "ask not what", "", 3, 3],
  ["a text where nobody speaks", "", "thank you", 2, 0],
])("%s", (_what, reference, hypothesis, wrong, words) => {
  expect(countWordErrors(reference, hypothesis)).toEqual({ wrong, words });
});
