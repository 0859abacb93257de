/** Checks that the log never contains private data: file names, request bodies, transcripts and keys. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { executable, openScratch, repository } from "./executable.ts";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

type Ask = (server: TestServer) => Promise<unknown>;

interface Scenario {
  readonly environment: Readonly<Record<string, string>>;
  readonly asks: () => readonly Ask[];
  /** Texts that the log must contain. They show that the requests reached the code under test. */
  readonly logs: readonly string[];
}

const scenarios: Readonly<Record<string, Scenario>> = {
  "that gets valid and invalid requests": {
    environment: nullEngine,
    asks: () => [...validRequests, ...invalidRequests],
    logs: ["runner_crashed", "internal_error", "unsupported_audio", "client_closed_request"],
  },
  "that gets requests above its limits": {
    environment: {
      ...nullEngine,
      OPEN_ASR_SERVER_MAX_UPLOAD_BYTES: "100000",
      OPEN_ASR_SERVER_UPLOAD_IDLE_SECONDS: "1",
      OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS: "1",
      OPEN_ASR_SERVER_MAX_AUDIO_SECONDS: "2",
    },
    asks: () => [...overLimits, stalling],
    logs: ["file_too_large", "upload_timeout", "deadline_exceeded", "audio_too_long"],
  },
  "whose disk is full": {
    environment: { ...nullEngine, OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES: String(1024 ** 4) },
    asks: () => [post({ prompt: "canary" }), inPieces("canary".repeat(10_000))],
    logs: ["storage_full", "server's disk is full"],
  },
  "that transcribes speech": {
    environment: {},
    asks: () => heard,
    logs: ["backend", "invalid_request", "unsupported_value"],
  },
};

describe.each(Object.entries(scenarios))("the log of a server %s", (_name, scenario) => {
  test.each(["text", "json"])("contains no private data, in the format %s", async (format) => {
    await using server = await startServer({
      flags: ["--log-format", format],
      environment: {
        ...scenario.environment,
        OPEN_ASR_SERVER_LOG_LEVEL: "debug",
        OPEN_ASR_SERVER_API_KEY: "Canary-key",
      },
    });
    for (const ask of scenario.asks()) await ask(server);
    // The server logs requests in order. If the log contains this request, the log also contains all requests before
    // it.
    await fetch(`${server.url}/health`);
    await until("the log has the last request", () => server.log().includes("GET /health"));
    for (const words of scenario.logs) expect(server.log()).toContain(words);
    expect(server.log()).not.toMatch(/canary|americans/i);
  });
});

test("the server logs neither the content of a model that it cannot load nor an API key", () => {
  using scratch = openScratch();
  const model = join(scratch.folder, "ggml-broken.bin");
  writeFileSync(model, "canary ".repeat(10_000));
  const { exitCode, stderr } = Bun.spawnSync([executable, "serve", "--port=0", "-m", model], {
    env: {
      ...scratch.environment,
      OPEN_ASR_SERVER_API_KEY: "Canary-key",
      OPEN_ASR_SERVER_LOG_LEVEL: "debug",
    },
    timeout: 30_000,
  });
  expect(exitCode).toBe(1);
  expect(stderr.toString()).toContain("Cannot read the model");
  expect(stderr.toString()).not.toMatch(/canary/i);
});

// --- internal ---

const key = { authorization: "Bearer Canary-key" };
const named = () => new File([wavOf(0.5, tone)], "canary-name.wav");

const post =
  (fields: Readonly<Record<string, string | Blob>>, headers: Record<string, string> = key): Ask =>
  (server) =>
    server.post(formOf({ file: named(), model: "null:echo", ...fields }), { headers });

/** Valid requests. They succeed, or they fail inside the server. */
const validRequests: readonly Ask[] = [
  post({ prompt: "say canary transcript" }),
  post({ prompt: "say canary", response_format: "verbose_json" }),
  post({ prompt: "fail; say canary" }),
  post({ prompt: "oom; say canary" }),
  post({ prompt: "crash; say canary" }),
  post({ file: new File(["canary body"], "canary.txt") }),
  post({ file: new File([], "canary.wav") }),
  async (server) => {
    const leaving = new AbortController();
    const form = formOf({ file: named(), model: "null:echo", prompt: "sleep 9000; say canary" });
    const answer = server.post(form, { headers: key, signal: leaving.signal });
    await until("the upload is on disk", () => server.spooled().length === 1);
    leaving.abort();
    await answer.catch(() => undefined);
  },
];

/** Requests that the server rejects because of their fields or file. */
const invalidRequests: readonly Ask[] = [
  post({ model: "canary-model" }),
  post({ model: "/canary/path.bin" }),
  post({ model: "canary:backend" }),
  post({ language: "canary" }),
  post({ temperature: "canary" }),
  post({ response_format: "canary" }),
  post({ canary_field: "1" }),
  post({ canary_file: named() }),
  post({}, { authorization: "Bearer canary-wrong" }),
  post({}, { "x-api-key": "canary-wrong" }),
  post({}, { ...key, traceparent: "canary", "user-agent": "canary", "x-request-id": "canary" }),
  post({}, { ...key, "content-type": "multipart/form-data; boundary=canary" }),
  post({}, { ...key, "content-type": "text/canary" }),
  (server) => fetch(`${server.url}/canary?canary=1`, { headers: key }),
  (server) => fetch(`${server.url}/v1/models/canary`, { headers: key }),
  (server) => fetch(`${server.url}/v1/models?access_token=canary`),
  (server) => fetch(`${server.url}/health`, { method: "DELETE", headers: { referer: "canary" } }),
  (server) => sendRaw(server.url, rawHead({ Host: "canary.example" }), hasJsonBody),
  (server) => sendRaw(server.url, "CANARY / HTTP/1.1\r\nHost: canary\r\n\r\n"),
  (server) =>
    sendRaw(
      server.url,
      rawHead({ "X-API-Key": "Canary-key", "Content-Length": "400" }) +
        rawForm("canary body", { model: "null:echo", prompt: "canary" }).padEnd(400, "-canary"),
      hasJsonBody,
    ),
];

const toneOf = (seconds: number) => new File([wavOf(seconds, tone)], "canary-name.wav");

/** Sends a form in pieces, without a Content-Length. */
const inPieces =
  (content: string): Ask =>
  (server) => {
    const form = rawForm(content, { model: "null:echo", prompt: "canary" });
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(form));
        controller.close();
      },
    });
    const headers = { ...key, "content-type": "multipart/form-data; boundary=x" };
    return server.post(body, { headers });
  };

/** Requests above a limit: on bytes with and without a Content-Length, on time, and on audio. */
const overLimits: readonly Ask[] = [
  post({ file: toneOf(60) }),
  inPieces("canary".repeat(30_000)),
  post({ prompt: "sleep 5000; say canary" }),
  post({ file: toneOf(3) }),
];

/** Starts an upload and never completes it. */
const stalling: Ask = (server) => {
  const headers = { "X-API-Key": "Canary-key", "Content-Length": "50000" };
  const begun = rawForm("canary body", { prompt: "canary" }).slice(0, -10);
  return sendRaw(server.url, rawHead(headers) + begun, hasJsonBody);
};

const speech = Bun.file(join(repository, "samples/jfk_0_5.flac"));
const spoken = { model: "base", language: "en" };

/** Requests to a real engine, with a prompt, keywords and speech. */
const heard: readonly Ask[] = [
  async (server) => {
    const file = new File([await speech.arrayBuffer()], "canary.flac");
    const listened = { prompt: "Canary.", "keywords[]": "Canary Wharf", vad: "on" };
    const form = formOf({ ...spoken, ...listened, file, response_format: "verbose_json" });
    const response = await server.post(form, { headers: key });
    expect(await response.text()).toMatch(/americans/i);
  },
  post({ ...spoken, file: new File(["RIFF canary"], "canary.wav") }),
  post({ ...spoken, vad: "canary" }),
  post({ ...spoken, vad: '{"canary":0.5}' }),
  post({ ...spoken, vad: '{"threshold":"canary"}' }),
  post({ ...spoken, "keywords[]": "canary".repeat(2000) }),
  post({ ...spoken, prompt: "canary", stream: "canary" }),
  post({ ...spoken, "timestamp_granularities[]": "canary" }),
  post({ ...spoken, prompt: "canary", diarize: "true" }),
];
