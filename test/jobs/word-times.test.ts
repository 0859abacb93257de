/** Tests that a job for subtitles requests word times when its model supports them. */
import { expect, test } from "bun:test";
import { withWordTimes } from "../../src/jobs/word-times.ts";
import { plainOptions } from "../ipc/plain-job.ts";
import { modelCalled } from "./resolved-model.ts";

const can = {
  languages: [],
  detectLanguage: true,
  prompt: true,
  keywords: true,
  temperature: true,
  beamSize: true,
  encoderWindow: true,
  translate: true,
  live: false,
};

test.each([
  [{ ...can, words: true }, true],
  [{ ...can, words: false }, false],
  [null, false],
])("%j", (capabilities, words) => {
  const model = { ...modelCalled("base"), capabilities };
  expect(withWordTimes(plainOptions, model)).toEqual({ ...plainOptions, words });
});
