/**
 * Tests fields with the names that other servers use, languages in the forms that clients send, and query parameters.
 */
import { expect, test } from "bun:test";
import { vadDefaults } from "../../../src/ipc/vad.ts";
import { otherFields } from "../../../src/http/other-fields.ts";
import { audio, errorOf, formOf, openApp } from "../app.ts";

type Fields = Readonly<Record<string, string>>;

async function optionsFor(fields: Fields) {
  using app = openApp();
  const response = await app.post(fields);
  expect(response.status).toBe(200);
  return app.jobs[0]!.options;
}

async function rejection(fields: Fields) {
  using app = openApp();
  const response = await app.post(fields);
  expect(response.status).toBe(400);
  expect(app.jobs).toEqual([]);
  return errorOf(response);
}

const verbose = { response_format: "verbose_json" };

test.each([
  [{ task: "transcribe" }, {}],
  [{ task: "Transcribe" }, {}],
  [{ response_format: "SRT" }, {}],
  [{ diarize: "no" }, {}],
  [{ vad: "0" }, { vad: null }],
  [{ vad: "Yes" }, { vad: vadDefaults }],
  [{ translate: "false" }, {}],
  [{ translate: "False" }, {}],
  [{ diarize: "0" }, {}],
  [{ user: "somebody" }, {}],
  [{ vad: "true" }, { vad: vadDefaults }],
  [{ vad: "false" }, { vad: null }],
  [{ vad_filter: "true" }, { vad: vadDefaults }],
  [{ vad_filter: "false" }, { vad: null }],
  [{ audio_track: "2" }, { audioTrack: 2 }],
  [{ audio_track: "Auto" }, {}],
  [{ hotwords: "Zürich, Ω-3" }, { keywords: ["Zürich", "Ω-3"] }],
  [{ initial_prompt: "Dear" }, { prompt: "Dear" }],
  [{ temperature_inc: "0" }, { temperatureFallback: false }],
  [{ temperature_inc: "0.0" }, { temperatureFallback: false }],
  [{ temperature_inc: "0.2" }, { temperatureFallback: true }],
  [{ beam_size: "1" }, { beamSize: 1 }],
  [{ beam_size: "8", temperature: "0" }, { beamSize: 8 }],
  [{ encoder_window: "full" }, { encoderWindow: "full" }],
  [{ word_timestamps: "false" }, { words: false }],
  [{ word_timestamps: "true", ...verbose }, { words: true }],
] as [Fields, object][])("%j reaches the job as %j", async (fields, options) => {
  const { temperatureFallback, ...others } = await optionsFor({});
  expect(temperatureFallback).toBeNull();
  const expected = { ...others, temperatureFallback, ...options };
  expect(await optionsFor(fields)).toEqual(expected);
});

test("word_timestamps adds words to the segments", async () => {
  using app = openApp();
  const body: unknown = await (await app.post({ word_timestamps: "1", ...verbose })).json();
  expect(body).toMatchObject({ words: [{ word: "And" }], segments: [{ id: 0 }] });
});

test.each([
  ["task", "translate", "does not translate; send transcribe"],
  ["translate", "true", "does not translate; send false"],
  ["diarize", "true", "does not recognize speakers; send false"],
  ["temperature_inc", "0.4", "send one of 0, 0.2"],
])("the error for %s=%s has its name", async (field, value, words) => {
  const error = await rejection({ [field]: value });
  expect(error).toMatchObject({ code: "unsupported_value", param: field });
  expect(error.message).toContain(words);
});

test.each([
  ["vad_filter", "maybe", "true or false"],
  ["audio_track", "0", "one of auto, a whole number from 1 to 256"],
  ["audio_track", "1.5", "one of auto, a whole number from 1 to 256"],
  ["beam_size", "0", "from 1 to 8"],
  ["beam_size", "9", "from 1 to 8"],
  ["encoder_window", "half", "auto"],
  ["word_timestamps", "maybe", "true or false"],
  ["word_timestamps", "true", "verbose_json"],
  ["hotwords", "x".repeat(201), "at most 200 characters"],
  ["language", "Germn", 'did you mean "german"'],
])("%s=%s is invalid", async (field, value, words) => {
  const error = await rejection({ [field]: value });
  expect(error).toMatchObject({ code: "invalid_request", param: field });
  expect(error.message).toContain(words);
});

test("beams need temperature 0", async () => {
  const error = await rejection({ temperature: "0.4", beam_size: "2" });
  expect(error).toMatchObject({ code: "invalid_request", param: "beam_size" });
});

test("retries start at temperature 0", async () => {
  const error = await rejection({ temperature: "0.4", temperature_inc: "0.2" });
  expect(error).toMatchObject({ code: "invalid_request", param: "temperature_inc" });
  const { temperature } = await optionsFor({ temperature: "0.4", temperature_inc: "0" });
  expect(temperature).toBe(0.4);
});

test.each([
  ["initial_prompt", { prompt: "a", initial_prompt: "b" }],
  ["hotwords", { keywords: "a", hotwords: "b" }],
  ["vad_filter", { vad: "on", vad_filter: "false" }],
  ["vad_filter", { vad: "off", vad_filter: "true" }],
  ["vad_filter", { vad: '{"threshold":0.3}', vad_filter: "false" }],
  ["vad_filter", { "vad[threshold]": "0.3", vad_filter: "false" }],
  [
    "word_timestamps",
    { "timestamp_granularities[]": "segment", word_timestamps: "true", ...verbose },
  ],
  [
    "word_timestamps",
    { "timestamp_granularities[]": "word", word_timestamps: "false", ...verbose },
  ],
] as [string, Fields][])("%s is rejected beside another value: %j", async (param, fields) => {
  const error = await rejection(fields);
  expect(error).toMatchObject({ code: "invalid_request", param });
  expect(error.message).toContain("send one of them");
});

test.each([
  { prompt: "a", initial_prompt: "a" },
  { "keywords[]": "a,b", hotwords: "a, b" },
  { vad: "off", vad_filter: "false" },
  { vad: '{"threshold":0.3}', vad_filter: "true" },
  { "timestamp_granularities[]": "word", word_timestamps: "true", ...verbose },
] as Fields[])("the same value under both names is accepted: %j", async (fields) => {
  await optionsFor(fields);
});

test.each(Object.keys(otherFields))("%s may be blank, and not sent twice", async (field) => {
  expect(await optionsFor({ [field]: " " })).toEqual(await optionsFor({}));
  expect(await rejection({ [`${field}[x]`]: "1" })).toMatchObject({ param: `${field}[x]` });
});

test.each(["json", "text", "srt", "vtt", "verbose_json"])(
  "segment is a granularity of %s",
  async (response_format) => {
    const fields = { response_format, "timestamp_granularities[]": "segment" };
    expect((await optionsFor(fields)).words).toBe(false);
  },
);

test.each([
  ["auto", null],
  ["und", null],
  ["pt_BR", "pt"],
  ["ger", "de"],
  ["Chinese (Simplified)", "zh"],
  ["jw", "jv"],
])("language=%s", async (language, code) => {
  expect((await optionsFor({ language })).language).toBe(code);
});

test("a request lists the options for which the operator's defaults apply", async () => {
  const leftOut = async (fields: Fields) => {
    using app = openApp();
    await app.post(fields);
    return app.jobs[0]?.leftOut;
  };
  expect(await leftOut({})).toEqual(["language", "prompt"]);
  expect(await leftOut({ language: "auto", prompt: "Dear" })).toEqual([]);
  expect(await leftOut({ multilingual: "true", initial_prompt: "Dear" })).toEqual([]);
  expect(await leftOut({ language: " ", prompt: " " })).toEqual(["language", "prompt"]);
});

test.each([
  ["language=en", "language", 'send it as the form field "language"'],
  ["timestamp_granularities[]=word", "timestamp_granularities[]", "as the form field"],
  ["vad=off", "vad", "as the form field"],
  ["api-version=1", "api-version", "expected none"],
])("the query ?%s is rejected", async (query, param, words) => {
  using app = openApp();
  const form = formOf({ file: audio() });
  const path = `/v1/audio/transcriptions?${query}`;
  const error = await errorOf(await app.send(path, { method: "POST", body: form }));
  expect(error).toMatchObject({ code: "invalid_request", param });
  expect(error.message).toContain(words);
});
