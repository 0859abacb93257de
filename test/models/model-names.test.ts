import { expect, test } from "bun:test";
import {
  listedAliases,
  meansDefaultModel,
  meansDiarization,
  modelOfGgmlFile,
  readingsOf,
} from "../../src/models/model-names.ts";
import { parseModelRef } from "../../src/models/model-ref.ts";

const namesOf = (written: string) => readingsOf(parseModelRef(written)).map(({ name }) => name);

test.each([
  ...listedAliases,
  "default",
  "whisper",
  "Whisper-1",
  "openai/whisper-1",
  "openai/gpt-4o-transcribe",
  "@cf/openai/whisper",
  "gpt-4o-transcribe-2025-03-20",
  " WHISPER-1 ",
])("%p means the default model", (name) => {
  expect(meansDefaultModel(name)).toBe(true);
  expect(meansDiarization(name)).toBe(false);
});

test.each([
  "whisper-2",
  "whisper-10",
  "gpt-4o",
  "gpt-4o-transcribe-diarize",
  "someone/whisper-1",
  "base",
  "",
])("%p does not mean the default model", (name) => {
  expect(meansDefaultModel(name)).toBe(false);
});

test.each([
  ["small", ["small", "openai/whisper-small"]],
  ["openai/whisper-base", ["openai/whisper-base", "base"]],
  ["whisper-large-v3", ["whisper-large-v3", "large-v3", "openai/whisper-large-v3"]],
  ["Whisper-Large-v3", ["Whisper-Large-v3", "large-v3", "openai/whisper-large-v3"]],
  [
    "whisper-large-v3-turbo",
    ["whisper-large-v3-turbo", "large-v3-turbo", "openai/whisper-large-v3-turbo"],
  ],
  ["whisper-v3-turbo", ["whisper-v3-turbo", "large-v3-turbo", "openai/whisper-large-v3-turbo"]],
  ["turbo", ["turbo", "large-v3-turbo", "openai/whisper-large-v3-turbo"]],
  [
    "@cf/openai/whisper-tiny-en",
    ["@cf/openai/whisper-tiny-en", "tiny.en", "openai/whisper-tiny.en"],
  ],
  ["distil-whisper-large-v3-en", ["distil-whisper-large-v3-en", "distil-whisper/distil-large-v3"]],
  ["distil-large-v3.5", ["distil-large-v3.5", "distil-whisper/distil-large-v3.5"]],
  ["distil-whisper/distil-large-v3", ["distil-whisper/distil-large-v3"]],
])("%p may mean %p", (written, names) => {
  expect(namesOf(written)).toEqual(names);
});

// Each of these names has only one meaning. They are names with a backend, paths, and names of other models.
test.each([
  "whisper-cpp:small",
  "/models/ggml-small.bin",
  "someone/whisper-small",
  "whisper-gigantic",
  "small-q5_1",
  "smaller",
  "constructor",
  "__proto__",
])("%p has only one meaning", (written) => {
  expect(readingsOf(parseModelRef(written))).toEqual([parseModelRef(written)]);
});

test.each([
  ["ggml-small.bin", "small"],
  ["ggml-large-v3-turbo-q5_0.bin", "large-v3-turbo-q5_0"],
  ["small.bin", null],
  ["ggml-.bin", null],
  ["ggml-a/b.bin", null],
])("the file %p is the model %p", (file, model) => {
  expect(modelOfGgmlFile(file)).toBe(model);
});
