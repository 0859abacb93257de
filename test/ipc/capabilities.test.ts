/**
 * Tests that a request for something that a model does not support is rejected. The error must contain the name of the
 * parameter.
 */
import { expect, test } from "bun:test";
import { type Capabilities, requireCapabilities } from "../../src/ipc/capabilities.ts";
import { errorOf } from "../errors.ts";

const everything: Capabilities = {
  languages: ["en", "de"],
  detectLanguage: true,
  prompt: true,
  keywords: true,
  temperature: true,
  beamSize: true,
  encoderWindow: true,
  words: true,
  translate: true,
  live: true,
};
const plain = {
  task: "transcribe" as const,
  languages: [],
  language: null,
  prompt: null,
  keywords: [],
  temperature: 0,
  temperatureFallback: null,
  beamSize: null,
  encoderWindow: null,
  words: false,
};

test.each([
  ["model", { task: "translate" as const }, { translate: false }],
  ["language", { language: "fr" }, { languages: ["en", "de"] }],
  ["languages", { languages: ["en", "fr"] }, { languages: ["en", "de"] }],
  ["languages", { languages: ["en", "de"] }, { detectLanguage: false }],
  ["prompt", { prompt: "Dear" }, { prompt: false }],
  ["keywords", { keywords: ["Ann"] }, { keywords: false }],
  ["temperature", { temperature: 0.2 }, { temperature: false }],
  ["temperature_inc", { temperatureFallback: true }, { temperature: false }],
  ["beam_size", { beamSize: 2 }, { beamSize: false }],
  ["encoder_window", { encoderWindow: "full" as const }, { encoderWindow: false }],
  ["timestamp_granularities", { words: true }, { words: false }],
])(
  "requireCapabilities() rejects an unsupported %s, and the error contains the parameter's name",
  (param, asked, can) => {
    const options = { ...plain, ...asked };
    const capabilities = { ...everything, ...can };
    const error = errorOf(() => requireCapabilities(options, capabilities, "parrot"));
    expect(error).toMatchObject({ code: "unsupported_value", param });
    expect(error.message).toContain('model "parrot"');
    expect(errorOf(() => requireCapabilities(options, capabilities)).message).toContain(
      "this model",
    );
    expect(() => requireCapabilities(plain, capabilities)).not.toThrow();
  },
);

test("requireCapabilities() accepts all that the model supports, and a blank prompt for any model", () => {
  const asked = {
    task: "translate" as const,
    languages: ["en", "de"],
    language: "de",
    prompt: "a",
    keywords: ["b"],
    temperature: 1,
    temperatureFallback: true,
    beamSize: 8,
    encoderWindow: "full" as const,
    words: true,
  };
  expect(() => requireCapabilities(asked, everything)).not.toThrow();
  const blank = { ...plain, prompt: " \n" };
  expect(() => requireCapabilities(blank, { ...everything, prompt: false })).not.toThrow();
});

test("requireCapabilities() rejects a language for a model without a choice of languages", () => {
  const options = { ...plain, language: "en" };
  const error = errorOf(() => requireCapabilities(options, { ...everything, languages: [] }));
  expect(error).toMatchObject({ code: "unsupported_value", param: "language" });
  expect(error.message).toContain("does not support a language choice; omit it");
});

test("requireCapabilities() accepts the only language of a model, and names it when it rejects another one", () => {
  const english = { ...everything, languages: ["en"], detectLanguage: false };
  expect(() => requireCapabilities({ ...plain, language: "en" }, english)).not.toThrow();
  const error = errorOf(() => requireCapabilities({ ...plain, language: "de" }, english));
  expect(error.message).toBe('Cannot transcribe language "de": this model supports en');
});
