/**
 * Tests translations with OpenAI's client and with the command line: speech in another language gives English text,
 * with both engines.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createReadStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contractErrors } from "../contract/contract.ts";
import type { TranslationVerbose } from "openai/resources/audio/translations";
import {
  ctranslate2Layers,
  ggmlHeader,
  vocabularyOf,
  writeCtranslate2,
} from "../models/formats/whisper-files.ts";
import { countWordErrors, normalisedWords } from "../../src/transcript/word-errors.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { expectError, failureOf } from "./failures.ts";
import { formOf, startServer, type TestServer } from "./server.ts";
import { writeShortened } from "./shortened-model.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const modelDir = join(repository, ".build/models");
const audioPath = (name: string) => join(repository, `test/audio/${name}.flac`);
const spanish = "es_demo-nogo";

let server: TestServer;
beforeAll(async () => {
  // In this test, the default model is a CTranslate2 model. OpenAI's model names select the default model.
  const flags = ["--model-dir", modelDir, "--model", join(modelDir, "faster-whisper-base")];
  server = await startServer({ flags, environment: { OPEN_ASR_SERVER_NULL_BACKEND: "1" } });
});
afterAll(() => server[Symbol.asyncDispose]());

const file = (name: string) => createReadStream(audioPath(name));
const translations = () => server.client().audio.translations;
const post = (fields: Readonly<Record<string, string | Blob>>) =>
  fetch(`${server.url}/v1/audio/translations`, { method: "POST", body: formOf(fields) });

test.each([
  [spanish, ["asterisk", "problem", "information"]],
  ["it_demo-moreinfo", ["platform", "linux", "information"]],
  ["fr_agent-newlocation", ["number", "following"]],
])("both engines translate %s to similar text", async (name, words) => {
  const models = ["base", "whisper-1"];
  const [text = "", other = ""] = await Promise.all(
    models.map(async (model) => (await translations().create({ file: file(name), model })).text),
  );
  for (const said of [text, other]) {
    expect(normalisedWords(said)).toEqual(expect.arrayContaining(words));
  }
  const { wrong, words: count } = countWordErrors(text, other);
  expect(wrong / count).toBeLessThan(0.5);
});

test("json and verbose_json are as OpenAI documents them; the language of the speech may be given", async () => {
  const model = "base";
  const json = await translations().create({ file: file(spanish), model });
  expect(contractErrors("CreateTranslationResponseJson", json)).toBeNull();
  expect(Object.keys(json)).toEqual(["text"]);
  const given = { language: "es", task: "translate", translate: true };
  const params = { file: file(spanish), model, ...given };
  const asked = translations().create({ ...params, response_format: "verbose_json" });
  // The result needs a cast, because TypeScript gives it the return type of the first overload of `create`.
  const verbose = (await asked) as unknown as TranslationVerbose;
  expect(contractErrors("CreateTranslationResponseVerboseJson", verbose)).toBeNull();
  expect(verbose).toMatchObject({ task: "translate", language: "english", text: json.text });
  expect(verbose.duration).toBeGreaterThan(5);
  const segments = verbose.segments?.map(({ text }) => text).join("");
  expect(segments?.trim()).toBe(json.text);
});

test("text, srt and vtt contain the English text, also with limits of cues", async () => {
  const answers = await Promise.all(
    [
      { response_format: "text" },
      { response_format: "srt", max_cue_seconds: "5" },
      { response_format: "vtt" },
    ].map(async (fields) => {
      const response = await post({ file: Bun.file(audioPath(spanish)), ...fields });
      expect(response.status).toBe(200);
      return response.text();
    }),
  );
  for (const answer of answers) expect(normalisedWords(answer)).toContain("problem");
  expect(answers[1]).toStartWith("1\n00:00:0");
  expect(answers[2]).toStartWith("WEBVTT\n");
});

test("the prompt sets the style of the English text", async () => {
  const prompt = "THE ASTERISK OPEN SOURCE PBX. ASTERISK IS LOUD.";
  const { text } = await translations().create({ file: file(spanish), model: "base", prompt });
  expect(text).toContain("ASTERISK");
});

test.each(["tiny.en-q8_0", "null:echo"])(
  "the model %s cannot translate: the error names a model that can",
  async (model) => {
    const asked = translations().create({ file: wavOf(0.5, tone), model });
    const failure = await failureOf(asked);
    expect(failure).toMatchObject({ status: 400, code: "unsupported_value", param: "model" });
    expect(failure.message).toContain('"base"');
  },
);

test.each(["large-v3-turbo", "large-v3-turbo-q5_0", "openai/whisper-small.en", "distil-large-v3"])(
  "the published model %s, which is not on this machine, is rejected without a download",
  async (model) => {
    const response = await post({ file: wavOf(0.5, tone), model });
    const says = /only transcribes; use a model that translates, such as "base"/;
    await expectError(response, { status: 400, code: "unsupported_value", param: "model", says });
  },
);

test("models with a shortened decoder are rejected before they are loaded, by their headers", async () => {
  const models = join(server.folder, "headers");
  mkdirSync(models);
  writeFileSync(
    join(models, "ggml-short.bin"),
    ggmlHeader(51_866, 2_000_000, { encoder: 4, decoder: 1 }),
  );
  writeCtranslate2(join(models, "faster-whisper-short"), {
    "model.bin": ctranslate2Layers(32, 4),
    "config.json": "{}",
    "vocabulary.json": JSON.stringify(vocabularyOf(["en", "fr"], 51_866)),
  });
  await using other = await startServer({ flags: ["--model-dir", models] });
  for (const model of ["whisper-cpp:short", "faster-whisper:short"]) {
    const body = formOf({ file: wavOf(0.5, tone), model });
    const response = await fetch(`${other.url}/v1/audio/translations`, { method: "POST", body });
    const says = /only transcribes; use a model that translates, such as "base"/;
    await expectError(response, { status: 400, code: "unsupported_value", param: "model", says });
  }
  // The engines cannot load these files. If the server had tried to load them, `runners()` would contain a runner or
  // the log would contain an error.
  expect(other.runners()).toEqual([]);
  expect(other.log()).not.toContain("model_load_failed");
});

test.each([
  ["stream", "true", "unsupported_value", /leave it out/],
  ["timestamp_granularities[]", "word", "unsupported_value", /leave it out/],
  ["keywords[]", "Ann", "unsupported_value", /leave it out/],
  ["task", "transcribe", "unsupported_value", /send translate, .*POST \/v1\/audio\/transcriptions/],
  ["translate", "false", "unsupported_value", /send true/],
  ["response_format", "diarized_json", "unsupported_value", /diarized_json/],
  ["temperature", "2", "invalid_request", /from 0 to 1/],
  ["beam", "2", "invalid_request", /expected file, model/],
] as const)("the field %s=%s is rejected", async (name, value, code, says) => {
  const response = await post({ [name]: value, file: wavOf(0.5, tone) });
  await expectError(response, { status: 400, code, says, param: name.replace("[]", "") });
});

test("the error for a transcription with the field translate contains the route for translations", async () => {
  const response = await server.post(formOf({ file: wavOf(0.5, tone), translate: "true" }));
  const says = /POST \/v1\/audio\/translations/;
  await expectError(response, { status: 400, code: "unsupported_value", param: "translate", says });
});

test("the command line translates", async () => {
  using commandLine = openCommandLine();
  const args = ["transcribe", audioPath(spanish), "--translate"];
  const { stdout, code } = await commandLine.run(args);
  expect(code).toBe(0);
  expect(normalisedWords(stdout)).toContain("problem");
  const english = ["--model", join(modelDir, "faster-whisper-tiny.en")];
  const refused = await commandLine.run([...args, ...english]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("Cannot translate");
});

test("a model of CTranslate2 with a shortened decoder does not translate", async () => {
  using commandLine = openCommandLine();
  writeShortened(join(modelDir, "faster-whisper-base"), commandLine.folder, 5);
  const args = ["transcribe", audioPath(spanish), "--model", commandLine.folder];
  const { stderr, code } = await commandLine.run([...args, "--translate"]);
  expect(code).not.toBe(0);
  expect(stderr).toContain('use a model that translates, such as "base"');
  expect((await commandLine.run(args)).code).toBe(0);
});
