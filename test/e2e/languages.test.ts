/**
 * Tests that a client can request every language of every model. The request must reach the engine, and the response
 * must contain OpenAI's name of the language.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { languageCode, languageName, whisperLanguages } from "../../src/transcript/languages.ts";
import { isFull } from "../full.ts";
import { executable, repository } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const models = join(repository, ".build/models");
const silence = wavOf(0.5);
const speech = Bun.file(join(repository, "samples/jfk_0_5.flac"));
/**
 * Languages of the base model: all languages of large-v3 except Cantonese. Whisper models before large-v3 do not have
 * Cantonese.
 */
const baseLanguages = whisperLanguages(99);

type Fields = Readonly<Record<string, string>>;

interface Answer {
  readonly language: string;
  readonly text: string;
  readonly error: { readonly message: string };
}

async function ask(server: TestServer, fields: Fields, file: Blob = silence) {
  const form = formOf({ response_format: "verbose_json", ...fields });
  form.append("file", file, "a.wav");
  const response = await server.post(form);
  return { status: response.status, body: (await response.json()) as Answer };
}

describe.each([
  ["whisper-cpp", "ggml-base-q8_0.bin"],
  ["faster-whisper", "faster-whisper-base"],
])("%s", (_, model) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ flags: ["--beam", "1", "--model", join(models, model)] });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("accepts the code and the name of each of its languages, and reports that language", async () => {
    for (const code of baseLanguages) {
      for (const language of [code, languageName(code)]) {
        const { status, body } = await ask(server, { language });
        expect([language, status, languageCode(body.language)]).toEqual([language, 200, code]);
      }
    }
  });

  // This test uses speech, because silence never reaches the engine. `npm test` checks only one language, because all
  // languages together take minutes.
  const spoken = isFull ? baseLanguages : ["jv"];
  test.each(spoken)("decodes speech as %s", async (language) => {
    const { status, body } = await ask(server, { language, temperature_inc: "0" }, speech);
    expect([status, body.language]).toEqual([200, languageName(language)]);
    expect(body.text).not.toBe("");
  });

  test.each(["pt_BR", "ger", "iw", "jw", "nb", "Filipino", "Chinese (Simplified)"])(
    "accepts %s",
    async (language) => {
      const { status, body } = await ask(server, { language });
      expect([status, body.language]).toEqual([200, languageName(languageCode(language)!)]);
    },
  );

  test.each([
    ["yue", "unsupported_value", "99 other languages"],
    ["Cantonese", "unsupported_value", "99 other languages"],
    ["tlh", "unsupported_value", "99 other languages"],
    ["Javanes", "invalid_request", 'did you mean "javanese"'],
  ])("rejects %s", async (language, code, words) => {
    const { status, body } = await ask(server, { language });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code, param: "language" });
    expect(body.error.message).toContain(words);
  });
});

describe("the operator's defaults", () => {
  const environment = {
    OPEN_ASR_SERVER_DEFAULT_LANGUAGE: "French",
    OPEN_ASR_SERVER_DEFAULT_PROMPT: "Names: Zürich",
  };
  const ignored = /the model does not support a default[^\n]*/g;

  test("apply to requests that do not contain the option; a value in the request has priority", async () => {
    await using server = await startServer({ environment });
    // The file is silent, so the server cannot detect a language. The response contains the language that applies to
    // the request. If no language applies, the response contains "unknown".
    const heard = async (fields: Fields) => (await ask(server, fields)).body.language;
    expect(await heard({})).toBe("french");
    expect(await heard({ language: "" })).toBe("french");
    expect(await heard({ language: "auto" })).toBe("unknown");
    expect(await heard({ language: "de" })).toBe("german");
    expect(await heard({ multilingual: "true" })).toBe("unknown");
    expect(server.log()).not.toMatch(ignored);
  });

  test("are ignored by a model without them, with one line in the log", async () => {
    await using server = await startServer({ environment: { ...environment, ...nullEngine } });
    for (let i = 0; i < 2; i++) {
      const { status } = await ask(server, { model: "null:transducer" });
      expect(status).toBe(200);
    }
    expect(server.log().match(ignored)).toHaveLength(1);
    expect(server.log()).toContain("language, prompt");
    expect(server.log()).not.toContain("Zürich");
  });

  test("a default that names no language aborts the start", async () => {
    const child = Bun.spawn([executable, "serve", "--port", "0", "--default-language", "Klingon"], {
      stdout: "ignore",
      stderr: "pipe",
    });
    expect(await child.exited).toBe(2);
    expect(await child.stderr.text()).toContain('--default-language is "Klingon", expected an ISO');
  });
});

describe("transcribe --language", () => {
  const transcribe = async (language: string) => {
    const flags = ["--model", "null:echo", "--format", "verbose_json", "--language", language];
    const clip = join(repository, "samples/jfk_0_5.flac");
    const child = Bun.spawn([executable, "transcribe", ...flags, clip], {
      env: { ...process.env, ...nullEngine },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [text, said] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { code: await child.exited, text, said };
  };

  test.each([
    ["fr_CA", "french"],
    ["fra", "french"],
    ["auto", "english"],
  ])("accepts %s", async (language, name) => {
    const { code, text } = await transcribe(language);
    expect([code, JSON.parse(text).language]).toEqual([0, name]);
  });

  test("suggests the nearest name", async () => {
    const { code, said } = await transcribe("Germn");
    expect([code, said]).toEqual([2, expect.stringContaining('did you mean "german"?')]);
  });
});
