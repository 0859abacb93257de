import { expect, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import type { Capabilities } from "../../src/ipc/capabilities.ts";
import type { TranscribeOptions } from "../../src/ipc/options.ts";
import { requireSupported } from "../../src/ipc/supported.ts";

const nothing: Capabilities = {
  languages: [],
  detectLanguage: false,
  prompt: false,
  keywords: false,
  temperature: false,
  words: false,
  translate: false,
  live: false,
};
const everything: Capabilities = {
  ...nothing,
  languages: ["en", "fr"],
  prompt: true,
  keywords: true,
  temperature: true,
  words: true,
};
const plain: TranscribeOptions = {
  language: null,
  prompt: null,
  keywords: [],
  multilingual: false,
  temperature: 0,
  words: false,
  vad: null,
};

test.each([
  ["language", { language: "fr" }, "does not support a language option"],
  ["prompt", { prompt: "Zürich" }, "this model does not support"],
  ["keywords", { keywords: ["Zürich"] }, "this model does not support"],
  ["temperature", { temperature: 0.2 }, "use 0"],
  ["timestamp_granularities", { words: true }, "does not support word times"],
])("%s is refused by name when the model cannot do it, taken when it can", (param, asked, says) => {
  const options = { ...plain, ...asked };
  expect(() => requireSupported(options, everything)).not.toThrow();
  const failure = failureOf(options, nothing);
  expect(failure).toMatchObject({ code: "unsupported_value", param });
  expect(failure?.message).toContain(says);
});

test("a request that asks for nothing suits every model", () => {
  expect(() => requireSupported(plain, nothing)).not.toThrow();
});

test("another language is refused with those that the model speaks", () => {
  expect(failureOf({ ...plain, language: "de" }, everything)?.message).toBe(
    'Cannot transcribe language "de": this model supports en, fr',
  );
});

function failureOf(options: TranscribeOptions, can: Capabilities): AsrError | null {
  try {
    requireSupported(options, can);
    return null;
  } catch (error) {
    if (error instanceof AsrError) return error;
    throw error;
  }
}
