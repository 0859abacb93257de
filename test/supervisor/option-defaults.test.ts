/**
 * Tests the default options of the operator. A default applies if the request does not contain the option and the model
 * supports the value.
 */
import { expect, test } from "bun:test";
import { completeOptions, supportedDefaults } from "../../src/supervisor/option-defaults.ts";
import { whisperCapabilities } from "../../src/models/formats/whisper-capabilities.ts";
import { plainOptions } from "../ipc/plain-job.ts";

const can = whisperCapabilities({ languages: ["en", "fr"], words: true, hasWholeDecoder: true });
const defaults = { language: "fr", prompt: "Names: Zürich" };

test("a default that the model supports is used, and the names of other defaults are returned as ignored", () => {
  expect(supportedDefaults(defaults, can)).toEqual({ supported: defaults, ignored: [] });
  expect(supportedDefaults(defaults, { ...can, prompt: false, languages: ["en"] })).toEqual({
    supported: { language: null, prompt: null },
    ignored: ["language", "prompt"],
  });
});

test("a default that is not set is not ignored", () => {
  const none = { language: null, prompt: null };
  expect(supportedDefaults(none, { ...can, prompt: false })).toEqual({
    supported: none,
    ignored: [],
  });
});

test("defaults complete the options that a request left out, and no others", () => {
  const options = { ...plainOptions, language: "en", prompt: null };
  expect(completeOptions({ options, leftOut: ["prompt"] }, defaults)).toEqual({
    ...options,
    prompt: "Names: Zürich",
  });
  expect(completeOptions({ options, leftOut: [] }, defaults)).toEqual(options);
  expect(completeOptions({ options }, defaults)).toEqual(options);
});
