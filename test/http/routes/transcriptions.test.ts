import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { AsrError } from "../../../src/errors.ts";
import { vadDefaults } from "../../../src/ipc/vad.ts";
import { transcriptionJson, transcriptionVerboseJson } from "../../../src/http/schema.ts";
import { isWindows } from "../../windows.ts";
import { audio, errorOf, formOf, openApp, transcript } from "../app.ts";

test("a form with only a file is transcribed by the default model", async () => {
  using app = openApp();
  const response = await app.post();
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  const body: unknown = await response.json();
  expect(body).toEqual({ text: transcript.text, usage: { type: "duration", seconds: 3 } });
  expect(Value.Check(transcriptionJson, body)).toBe(true);
  const [job] = app.jobs;
  expect(app.asked).toEqual([null]);
  expect(job).toMatchObject({ model: { id: "base" }, origin: "client", audio: "RIFF audio" });
  expect(job?.options).toEqual({
    task: "transcribe",
    languages: [],
    logprobs: false,
    language: null,
    multilingual: false,
    prompt: null,
    keywords: [],
    temperature: 0,
    temperatureFallback: null,
    beamSize: null,
    encoderWindow: null,
    words: false,
    vad: vadDefaults,
  });
});

test("every field of the form reaches the job", async () => {
  using app = openApp();
  const response = await app.post({
    model: "base",
    language: "Spanish",
    prompt: '{"looks": "like JSON"}',
    response_format: "verbose_json",
    temperature: "0.4",
    "timestamp_granularities[]": "word",
    "keywords[]": "Zürich, Ω-3",
    stream: "false",
    vad: "off",
  });
  expect(response.status).toBe(200);
  expect(app.jobs[0]?.model.id).toBe("base");
  // The server resolves the name of the model only once.
  expect(app.asked).toEqual(["base"]);
  expect(app.jobs[0]?.options).toEqual({
    task: "transcribe",
    languages: [],
    logprobs: false,
    language: "es",
    multilingual: false,
    prompt: '{"looks": "like JSON"}',
    keywords: ["Zürich", "Ω-3"],
    temperature: 0.4,
    temperatureFallback: null,
    beamSize: null,
    encoderWindow: null,
    words: true,
    vad: null,
  });
});

test("the server rejects an unknown model before the upload ends", async () => {
  using app = openApp();
  const start = [
    '--edge\r\nContent-Disposition: form-data; name="model"\r\n\r\nabsent',
    '\r\n--edge\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF',
  ];
  const body = new ReadableStream({
    start: (stream) => stream.enqueue(new TextEncoder().encode(start.join(""))),
  });
  const headers = { "content-type": "multipart/form-data; boundary=edge" };
  const sent = app.send("/v1/audio/transcriptions", { method: "POST", headers, body });
  expect(await errorOf(await sent)).toMatchObject({ code: "model_not_found", param: "model" });
  expect(app.jobs).toEqual([]);
});

test("empty fields count as absent", async () => {
  using app = openApp();
  const empty = {
    model: "",
    language: " ",
    prompt: "",
    temperature: "",
    response_format: "",
    vad: "",
  };
  expect((await app.post({ ...empty, "include[]": "" })).status).toBe(200);
  expect(app.asked).toEqual([null]);
  expect(app.jobs[0]?.options.temperature).toBe(0);
});

test("keep_alive reaches the job; without it the server decides", async () => {
  using app = openApp();
  for (const fields of [{ keep_alive: "0" }, { keep_alive: "30" }, { keep_alive: "" }, {}]) {
    expect((await app.post(fields)).status).toBe(200);
  }
  expect(app.jobs.map(({ keepAliveS }) => keepAliveS)).toEqual([0, 30, null, null]);
});

test("deadline_seconds reaches the job as a time; without it the job has no deadline", async () => {
  using app = openApp();
  const before = Date.now();
  for (const fields of [{ deadline_seconds: "90.5" }, { deadline_seconds: "" }, {}]) {
    expect((await app.post(fields)).status).toBe(200);
  }
  const [first, ...others] = app.jobs.map(({ deadlineMs }) => deadlineMs);
  expect(first).toBeWithin(before + 80_000, before + 90_600);
  expect(others).toEqual([undefined, undefined]);
});

test.each([
  ["max_line_width", "12"],
  ["max_line_count", "1"],
  ["max_cue_seconds", "1.5"],
])("%s alone limits the cues of srt and vtt", async (name, value) => {
  for (const format of ["srt", "vtt"]) {
    using app = openApp();
    const response = await app.post({ response_format: format, [name]: value });
    expect(response.status).toBe(200);
    const text = await response.text();
    if (name === "max_line_width") expect(text).toContain("my fellow\nAmericans\n");
    else if (name === "max_cue_seconds") expect(text.match(/-->/g)).toHaveLength(2);
    else expect(text).toContain("And so, my fellow Americans\n");
  }
});

test("without a limit a cue is a segment, and words are not timed", async () => {
  using app = openApp();
  const response = await app.post({ response_format: "srt", max_line_width: "" });
  expect(await response.text()).toContain("\nAnd so, my fellow Americans\n");
  expect(app.jobs[0]?.options.words).toBe(false);
});

test.each(["json", "text", "verbose_json"])("%s has no cues to limit", async (format) => {
  using app = openApp();
  const error = await errorOf(await app.post({ response_format: format, max_line_count: "2" }));
  expect(error).toMatchObject({ param: "max_line_count", code: "invalid_request" });
  expect(error).toHaveProperty("message", expect.stringContaining('"srt" or "vtt"'));
});

test("each response format has its content type", async () => {
  using app = openApp();
  const types: Record<string, string> = {
    json: "application/json",
    text: "text/plain; charset=utf-8",
    srt: "text/plain; charset=utf-8",
    vtt: "text/vtt; charset=utf-8",
    verbose_json: "application/json",
  };
  for (const [format, type] of Object.entries(types)) {
    const response = await app.post({ response_format: format });
    expect(response.headers.get("content-type")).toBe(type);
    expect(await response.text()).toContain("my fellow Americans");
  }
});

for (const [how, fields] of Object.entries({
  "repeated with brackets": ["timestamp_granularities[]=word", "timestamp_granularities[]=segment"],
  "repeated without brackets": ["timestamp_granularities=word", "timestamp_granularities=segment"],
  "separated by commas": ["timestamp_granularities=word, segment"],
  "with indices": ["timestamp_granularities[0]=segment", "timestamp_granularities[1]=word"],
})) {
  test(`timestamp granularities may be given ${how}`, async () => {
    using app = openApp();
    const form = formOf({ response_format: "verbose_json", file: audio() });
    for (const field of fields) form.append(...(field.split("=") as [string, string]));
    const body: unknown = await (await app.post(form)).json();
    expect(Value.Check(transcriptionVerboseJson, body)).toBe(true);
    expect(body).toMatchObject({ words: [{ word: "And" }], segments: [{ id: 0 }] });
  });
}

test.each(["temperature[foo]", "language[]", "keywords[0][x]", "keywords[x]", "temperature[]"])(
  "a field named %s is rejected",
  async (name) => {
    using app = openApp();
    const error = await errorOf(await app.post({ [name]: "0.5" }));
    expect(error).toMatchObject({ param: name, code: "invalid_request" });
  },
);

for (const [field, value, code, words] of [
  ["stream", "maybe", "invalid_request", "true or false"],
  ["chunking_strategy", "semantic", "invalid_request", "server_vad"],
  ["include[]", "tokens", "invalid_request", "logprobs"],
  ["keywords[]", "x".repeat(201), "invalid_request", "at most 200 characters"],
  ["keywords[]", "x,".repeat(101), "invalid_request", "at most 100"],
  ["max_line_width", "0", "invalid_request", "a whole number from 1 to 1000"],
  ["max_line_width", "42.5", "invalid_request", "a whole number from 1 to 1000"],
  ["max_line_count", "11", "invalid_request", "a whole number from 1 to 10"],
  ["max_line_count", "two", "invalid_request", "a whole number from 1 to 10"],
  ["max_cue_seconds", "0.4", "invalid_request", "a number from 0.5 to 60"],
  ["max_cue_seconds", "NaN", "invalid_request", "a number from 0.5 to 60"],
  ["multilingual", "perhaps", "invalid_request", "true or false"],
  ["languages[]", "Klingon", "invalid_request", "ISO 639-1"],
  ["languages[]", "auto", "invalid_request", "ISO 639-1"],
  ["keep_alive", "-1", "invalid_request", "a whole number from 0 to 604800"],
  ["keep_alive", "5m", "invalid_request", "a whole number from 0 to 604800"],
  ["deadline_seconds", "0", "invalid_request", "a number from 0.1 to 86400"],
  ["deadline_seconds", "soon", "invalid_request", "a number from 0.1 to 86400"],
  ["known_speaker_names[]", "Ann", "unsupported_value", "does not support"],
  ["known_speaker_references[]", "data:", "unsupported_value", "does not support"],
  ["response_format", "diarized_json", "unsupported_value", "diarized_json"],
  ["response_format", "docx", "invalid_request", "one of json, text, srt, vtt, verbose_json"],
  ["temperature", "1.5", "invalid_request", "a number from 0 to 1"],
  ["temperature", "warm", "invalid_request", "a number from 0 to 1"],
  ["temperature", "NaN", "invalid_request", "a number from 0 to 1"],
  ["language", "Klingon", "invalid_request", "ISO 639-1"],
  ["timestamp_granularities[]", "word", "invalid_request", "verbose_json"],
  ["timestamp_granularities", "letter", "invalid_request", "one of word, segment"],
  ["best_of", "5", "invalid_request", "expected file, model"],
  ["__proto__", "x", "invalid_request", "expected file, model"],
  ["constructor", "x", "invalid_request", "expected file, model"],
  ["prompt", "x".repeat(70_000), "invalid_request", "65536 bytes"],
  ["model", "absent", "model_not_found", "absent"],
] as const) {
  test(`${field}=${value.slice(0, 20)} is rejected, and the error contains the parameter's name`, async () => {
    using app = openApp();
    const response = await app.post({ [field]: value });
    const error = await errorOf(response);
    expect(response.status).toBe(code === "model_not_found" ? 404 : 400);
    expect(error).toMatchObject({ code, type: "invalid_request_error" });
    expect(error.param).toBe(field.replace(/\[.*/, ""));
    expect(error.message).toContain(words);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(app.jobs).toBeEmpty();
    expect(app.spooled()).toBeEmpty();
  });
}

test("a field that is sent twice is rejected", async () => {
  using app = openApp();
  const form = formOf({ model: "base", file: audio() });
  form.append("model", "base");
  expect(await errorOf(await app.post(form))).toMatchObject({
    code: "invalid_request",
    param: "model",
  });
});

test.skipIf(isWindows)("the spool file is private, and is deleted after the response", async () => {
  using app = openApp({
    async transcribe({ audioPath }) {
      expect(statSync(audioPath).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(audioPath)).mode & 0o777).toBe(0o700);
      return transcript;
    },
  });
  expect((await app.post()).status).toBe(200);
  expect(existsSync(app.jobs[0]!.audioPath)).toBe(false);
});

test("the client gets the transcriber's error unchanged, and the file is deleted", async () => {
  using app = openApp({
    transcribe: () =>
      Promise.reject(new AsrError("server_busy", "All lanes are taken", { retryAfterS: 6.2 })),
  });
  const response = await app.post();
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("7");
  expect(response.headers.get("x-should-retry")).toBe("true");
  expect(await errorOf(response)).toEqual({
    message: "All lanes are taken",
    type: "server_error",
    param: null,
    code: "server_busy",
  });
  expect(app.spooled()).toBeEmpty();
});

test("an unexpected error is answered without its details, which are in the log", async () => {
  using app = openApp({ transcribe: () => Promise.reject(new TypeError("x is not a function")) });
  const response = await app.post();
  expect(response.status).toBe(500);
  expect(response.headers.get("x-should-retry")).toBe("false");
  expect(await response.text()).not.toContain("x is not");
  expect(app.lines.join("")).toContain("x is not a function");
});

test("a client that disconnects ends its job", async () => {
  const leave = new AbortController();
  using app = openApp({
    transcribe: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
        leave.abort();
      }),
  });
  await app.post({}, { signal: leave.signal });
  await Bun.sleep(1);
  expect(app.lines.join("")).toContain("status=499");
  expect(app.spooled()).toBeEmpty();
});

test("the log has one line per request and one with its stages, without its content", async () => {
  using app = openApp();
  const response = await app.post({ prompt: "confidential" });
  await response.text();
  await Bun.sleep(1);
  expect(app.lines).toHaveLength(2);
  const id = `id=${response.headers.get("x-request-id")}`;
  expect(app.lines[0]).toMatch(/ debug transcription ended .* audio_s=2.5 upload_s=[\d.]+ /);
  for (const line of app.lines) expect(line).toContain(id);
  expect(app.lines[1]).toMatch(
    /route="POST \/v1\/audio\/transcriptions" status=200 .* audio_s=2.5 upload_s=[\d.]+ queue_s=[\d.]+ total_s=/,
  );
  expect(app.lines.join("\n")).not.toMatch(/confidential|speech\.wav|Americans/);
});
