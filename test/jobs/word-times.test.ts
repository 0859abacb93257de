/** For subtitles, a job requests word times when its model supports them. */
import { expect, test } from "bun:test";
import { withWordTimes } from "../../src/jobs/word-times.ts";
import { modelCalled } from "./resolved-model.ts";

const options = {
  language: null,
  prompt: null,
  keywords: [],
  task: "transcribe" as const,
  multilingual: false,
  temperature: 0,
  temperatureFallback: null,
  words: false,
  languages: [],
  logprobs: false,
  vad: null,
};
const can = {
  languages: [],
  detectLanguage: true,
  prompt: true,
  keywords: true,
  temperature: true,
  translate: true,
  live: false,
};

test.each([
  [{ ...can, words: true }, true],
  [{ ...can, words: false }, false],
  [null, false],
])("%j", (capabilities, words) => {
  const model = { ...modelCalled("base"), capabilities };
  expect(withWordTimes(options, model)).toEqual({ ...options, words });
});
