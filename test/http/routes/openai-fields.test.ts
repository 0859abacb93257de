/** Tests OpenAI's fields that are lists or objects, in all forms in which clients send them. */
import { expect, test } from "bun:test";
import { vadDefaults } from "../../../src/ipc/vad.ts";
import { contractErrors } from "../../contract/contract.ts";
import { audio, errorOf, formOf, openApp, transcript } from "../app.ts";

type Fields = readonly (readonly [name: string, value: string])[];

async function send(fields: Fields, path = "/v1/audio/transcriptions") {
  using app = openApp();
  const form = formOf({ file: audio() });
  for (const [name, value] of fields) form.append(name, value);
  const response = await app.send(path, { method: "POST", body: form });
  return { response, options: app.jobs[0]?.options };
}

async function optionsFor(...fields: Fields) {
  const { response, options } = await send(fields);
  expect(response.status).toBe(200);
  return options!;
}

async function rejection(...fields: Fields) {
  const { response, options } = await send(fields);
  expect(response.status).toBe(400);
  expect(options).toBeUndefined();
  return errorOf(response);
}

const spellings: Readonly<Record<string, Fields>> = {
  "with brackets": [
    ["languages[]", "de"],
    ["languages[]", "en-US"],
  ],
  "without brackets": [
    ["languages", "de"],
    ["languages", "English"],
  ],
  "with indices": [
    ["languages[0]", "de"],
    ["languages[1]", "en"],
  ],
  "with commas": [["languages", "de, en"]],
  "as JSON": [["languages", '["de","en"]']],
};

test.each(Object.entries(spellings))("a list may be sent %s", async (_how, fields) => {
  expect((await optionsFor(...fields)).languages).toEqual(["de", "en"]);
});

test("keywords with brackets and commas stay as they are in JSON, and else are separated by commas", async () => {
  const sent = await optionsFor(["keywords", '["a, b","[c]"]']);
  expect(sent.keywords).toEqual(["a, b", "[c]"]);
  expect((await optionsFor(["keywords", "[c],d]"])).keywords).toEqual(["[c]", "d]"]);
});

test("one candidate is the language of the speech", async () => {
  expect(await optionsFor(["languages[]", "de"])).toMatchObject({
    language: "de",
    languages: ["de"],
  });
  const same = await optionsFor(["languages[]", "de"], ["languages[]", "German"]);
  expect(same).toMatchObject({ language: "de", languages: ["de"] });
});

test("a language that languages contain is the language of the speech", async () => {
  const sent = await optionsFor(["languages[]", "de"], ["languages[]", "en"], ["language", "EN"]);
  expect(sent).toMatchObject({ language: "en", languages: ["en"] });
});

test.each(["auto", "und"])("language=%s can be combined with languages", async (detect) => {
  const one = await optionsFor(["language", detect], ["languages[]", "de"]);
  expect(one).toMatchObject({ language: "de", languages: ["de"] });
  const two = await optionsFor(["languages", "de,en"], ["language", detect]);
  expect(two).toMatchObject({ language: null, languages: ["de", "en"] });
});

test("the error for a wrong item of languages does not suggest auto", async () => {
  const { message } = await rejection(["languages[]", "auto"]);
  expect(message).toEndWith("or an English or native name");
});

test("languages cannot be combined with another language, nor one of them with multilingual", async () => {
  const both = await rejection(["languages[]", "de"], ["language", "en"]);
  expect(both).toMatchObject({ code: "invalid_request", param: "languages" });
  const one = await rejection(["languages[]", "de"], ["multilingual", "true"]);
  expect(one).toMatchObject({ code: "invalid_request", param: "multilingual" });
  expect(one.message).toContain("together with languages that have one item");
});

test("the operator's default language does not apply to a request with candidates", async () => {
  using app = openApp();
  await app.post({ languages: "de,en" });
  await app.post();
  expect(app.jobs.map(({ leftOut }) => leftOut)).toEqual([["prompt"], ["language", "prompt"]]);
});

test.each([
  [[["chunking_strategy", "auto"]], {}],
  [[["chunking_strategy", "null"]], {}],
  [[["chunking_strategy[type]", "server_vad"]], {}],
  [
    [
      ["chunking_strategy[type]", "server_vad"],
      ["chunking_strategy[threshold]", "0.7"],
      ["chunking_strategy[prefix_padding_ms]", "300"],
      ["chunking_strategy[silence_duration_ms]", "3000"],
    ],
    { threshold: 0.7, speechPadMs: 300, minSilenceMs: 3000 },
  ],
  [[["chunking_strategy", '{"type":"server_vad","prefix_padding_ms":100}']], { speechPadMs: 100 }],
  // The server already requires a minimum silence of more than 200 ms, so the value in the request has no effect.
  [[["chunking_strategy", '{"type":"server_vad","silence_duration_ms":200}']], {}],
] as [Fields, object][])("%j decides how speech is separated", async (fields, changed) => {
  expect((await optionsFor(...fields)).vad).toEqual({ ...vadDefaults, ...changed });
});

test.each([
  [[["chunking_strategy[type]", "semantic_vad"]], "chunking_strategy.type", "server_vad"],
  [[["chunking_strategy[threshold]", "0.5"]], "chunking_strategy.type", "server_vad"],
  [[["chunking_strategy[threshold]", "2"]], "chunking_strategy.threshold", "0.01 to 1"],
  [[["chunking_strategy[eagerness]", "low"]], "chunking_strategy[eagerness]", "prefix_padding_ms"],
  [[["chunking_strategy", '{"type":"server_vad","x":1}']], "chunking_strategy", "auto or"],
  [[["chunking_strategy", "[]"]], "chunking_strategy", "auto or"],
  [
    [
      ["chunking_strategy", "auto"],
      ["chunking_strategy[type]", "server_vad"],
    ],
    "chunking_strategy",
    "more than once",
  ],
  [
    [
      ["chunking_strategy", "auto"],
      ["vad", "off"],
    ],
    "chunking_strategy",
    "together with vad",
  ],
] as [Fields, string, string][])("%j is rejected", async (fields, param, says) => {
  const error = await rejection(...fields);
  expect(error).toMatchObject({ code: "invalid_request", param });
  expect(error.message).toContain(says);
});

test.each(["include", "include[]", "include[0]"])("%s=logprobs asks for logprobs", async (name) => {
  expect((await optionsFor([name, "logprobs"])).logprobs).toBe(true);
  expect((await optionsFor([name, ""])).logprobs).toBe(false);
});

test("logprobs require json", async () => {
  for (const format of ["text", "srt", "verbose_json"]) {
    const error = await rejection(["include[]", "logprobs"], ["response_format", format]);
    expect(error).toMatchObject({ code: "invalid_request", param: "include" });
  }
});

test("json has the tokens with their bytes; a part of a character has no text", async () => {
  const [segment] = transcript.segments;
  const logprobs = [
    { bytes: [32, 65], logprob: -0.5 },
    { bytes: [0xc3], logprob: -0.25 },
  ];
  using app = openApp({
    transcribe: () => Promise.resolve({ ...transcript, segments: [{ ...segment!, logprobs }] }),
  });
  const body: unknown = await (await app.post({ "include[]": "logprobs" })).json();
  expect(contractErrors("CreateTranscriptionResponseJson", body)).toBeNull();
  expect(body).toMatchObject({
    logprobs: [
      { token: " A", logprob: -0.5, bytes: [32, 65] },
      { token: "\ufffd", logprob: -0.25, bytes: [0xc3] },
    ],
  });
});

test.each(["languages[]", "include[]", "chunking_strategy", "chunking_strategy[type]", "stream"])(
  "a translation has no field %s",
  async (name) => {
    const { response } = await send([[name, "x"]], "/v1/audio/translations");
    const param = name.replace(/\[.*/, "");
    expect(await errorOf(response)).toMatchObject({ code: "unsupported_value", param });
  },
);
