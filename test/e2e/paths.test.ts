/**
 * Tests that every form of the base URL leads to the right route, and that the guards of this route apply. If a path
 * leads to no route, the error message must contain the right URL.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { hasJsonBody, rawForm, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const speech = () => formOf({ file: wavOf(0.5, tone), model: "null:echo" });

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: nullEngine });
});
afterAll(() => server[Symbol.asyncDispose]());

describe("a base URL", () => {
  test.each(["/v1", "", "/", "/v1/", "//v1", "/v1/v1", "/openai/v1", "/openai", "//openai//v1//"])(
    "of %p reaches the routes of OpenAI's API",
    async (base) => {
      const client = server.client({ baseURL: server.url + base });
      const file = wavOf(0.5, tone);
      const answer = await client.audio.transcriptions.create({ file, model: "null:echo" });
      expect(answer.text).toBe("8000 samples");
      expect((await client.models.list()).data.map(({ id }) => id)).toContain("base");
      expect((await client.models.retrieve("base")).id).toBe("base");
    },
  );

  test("is in the log as the route, however it was written", async () => {
    await using quiet = await startServer({ environment: nullEngine });
    for (const path of ["/audio/transcriptions", "//v1//v1/audio//transcriptions/"]) {
      await fetch(quiet.url + path, { method: "POST", body: speech() });
    }
    await fetch(`${quiet.url}/nowhere/secret`);
    await until("three lines", () => quiet.log().split(" request ").length > 3);
    const routes = [...quiet.log().matchAll(/route="([^"]*)"/g)].map(([, route]) => route);
    const route = "POST /v1/audio/transcriptions";
    expect(routes).toEqual([route, route, "GET /*"]);
  });
});

describe("GET /", () => {
  test.each(["/", "", "/v1", "/v1/", "/openai/v1"])("as %p returns the base URL", async (path) => {
    const { version } = await Bun.file(join(repository, "package.json")).json();
    expect(await (await fetch(server.url + path)).json()).toEqual({
      name: "open-asr-server",
      version,
      base_url: `${server.url}/v1`,
      documentation: `${server.url}/openapi.json`,
    });
  });

  test("returns the address that the client used", async () => {
    const headers = { host: "localhost:1234", "x-forwarded-proto": "https" };
    const about = await (await fetch(server.url, { headers })).json();
    expect(about).toMatchObject({ base_url: "https://localhost:1234/v1" });
    const heard = await sendRaw(server.url, "GET / HTTP/1.0\r\n\r\n");
    expect(heard).toContain('"base_url":"/v1"');
  });
});

describe("HEAD", () => {
  test.each([
    "/",
    "/health",
    "/ready",
    "/metrics",
    "/openapi.json",
    "/v1/models",
    "/v1/models/base",
  ])("of %p has the headers of GET and no body", async (path) => {
    const ask = (method: string) =>
      sendRaw(
        server.url,
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
    const [head = "", body] = (await ask("HEAD")).split("\r\n\r\n");
    const get = await ask("GET");
    expect(head).toStartWith("HTTP/1.1 200");
    expect(body).toBe("");
    const length = (text: string) => /^content-length: (\d+)/im.exec(text)?.[1];
    // The text of /metrics changes between two requests, so its lengths are not compared.
    if (path !== "/metrics") expect(length(head)).toEqual(length(get));
    expect(Number(length(head))).toBeGreaterThan(0);
    const type = (text: string) => /^content-type: .*/im.exec(text)?.[0];
    expect(type(head)).toEqual(type(get));
  });

  test("of an error has its status and no body", async () => {
    for (const [path, status] of [
      ["/v1/models/absent", 404],
      ["/nowhere", 404],
      ["/v1/audio/transcriptions", 405],
    ] as const) {
      const response = await fetch(server.url + path, { method: "HEAD" });
      expect([path, response.status, await response.text()]).toEqual([path, status, ""]);
    }
  });
});

test.each([
  ["/", "POST", "GET, HEAD"],
  ["/v1/models", "DELETE", "GET, HEAD"],
  ["/models/base", "PUT", "GET, HEAD, DELETE"],
  ["/v1/models", "PROPFIND", "GET, HEAD"],
  ["/health", "OPTIONS", "GET, HEAD"],
  ["//audio/transcriptions", "GET", "POST"],
  ["/v1/audio/transcriptions", "PUT", "POST"],
])("%s with %s is a 405 with the allowed methods", async (path, method, allow) => {
  const response = await fetch(server.url + path, { method });
  expect(response.headers.get("allow")).toBe(allow);
  await expectError(response, { status: 405, code: "method_not_allowed" });
});

describe("a path of another server", () => {
  let withoutOthers: TestServer;
  beforeAll(async () => {
    const environment = { ...nullEngine, OPEN_ASR_SERVER_COMPATIBLE_APIS: "none" };
    withoutOthers = await startServer({ environment });
  });
  afterAll(() => withoutOthers[Symbol.asyncDispose]());

  test.each([
    ["/inference", "whisper.cpp's server"],
    ["/asr", "whisper-asr-webservice"],
    ["/v1/listen", "Deepgram"],
    ["//v1//listen", "Deepgram"],
    ["/v2/transcript", "AssemblyAI"],
    ["/v1/speech-to-text", "ElevenLabs"],
    ["/v1/speech:recognize", "Google Cloud"],
    ["/openai/deployments/whisper/audio/transcriptions", "Azure OpenAI"],
    ["/api/transcribe", ""],
    ["/v1/audio/speech", ""],
    ["/api/v0/transcribe", ""],
  ])("%s is a 404 with the right URL", async (path, name) => {
    const response = await fetch(withoutOthers.url + path, { method: "POST", body: speech() });
    const { message } = ((await response.clone().json()) as ErrorBody).error;
    await expectError(response, { status: 404, code: "unknown_route" });
    expect(message).toContain(name);
    expect(message).toMatch(/(?:base URL of the client to|POST) http:\/\/127\.0\.0\.1:\d+\/v1/);
  });

  test.each(["/v1/chat/completions", "/v2/models", "/v1%2Fmodels", "/api/v1/audio/transcriptions"])(
    "%s is a 404 with the base URL",
    async (path) => {
      const response = await fetch(server.url + path);
      const says = new RegExp(`base URL .*${server.url}/v1`);
      await expectError(response, { status: 404, code: "unknown_route", says });
    },
  );
});

/**
 * Returns different spellings of `path`. For some spellings, a proxy, a filter or a guard could find another path than
 * the router.
 */
const spellings = (path: string) => [
  path,
  path.replace("/v1", ""),
  path.replaceAll("/", "//"),
  `/health/..${path}`,
  `/health/%2e%2e${path}`,
  `/openai${path}`,
  `/v1/v1${path.replace("/v1", "")}`,
  `${path}/`,
  `${path}#/health`,
  `${path}?/health`,
  `http://localhost${path}`,
  path.replaceAll("/", "\\").replace("\\", "/"),
];

/** Paths whose response must have status 404, or 401 without a key. */
const notRoutes = [
  "/v1%2Fmodels",
  "/v1/%2e%2e%2fhealth",
  "/health%2f..%2fv1/models",
  "/%76%31/models",
];

describe("no spelling of a path passes", () => {
  const ask = (url: string, method: string, path: string, headers = "") => {
    const form = method === "POST" ? rawForm("abc") : "";
    const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}`;
    const type = "Content-Type: multipart/form-data; boundary=x\r\n";
    const bytes = `${head}${type}Content-Length: ${form.length}\r\n\r\n${form}`;
    return sendRaw(url, bytes, hasJsonBody);
  };
  const statusOf = (heard: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1]);

  test("the API key", async () => {
    await using locked = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_API_KEY: "first" },
    });
    const routes = [
      ["GET", "/v1/models"],
      ["HEAD", "/v1/models"],
      ["GET", "/v1/models/base"],
      ["POST", "/v1/audio/transcriptions"],
      ["GET", "/metrics"],
      ["GET", "/openapi.json"],
    ] as const;
    for (const [method, route] of routes) {
      for (const path of [...spellings(route), ...notRoutes]) {
        expect([path, statusOf(await ask(locked.url, method, path))]).toEqual([path, 401]);
      }
    }
    const key = "X-API-Key: first\r\n";
    for (const path of spellings("/v1/models")) {
      expect([path, statusOf(await ask(locked.url, "GET", path, key))]).toEqual([path, 200]);
    }
    for (const path of notRoutes) {
      expect([path, statusOf(await ask(locked.url, "GET", path, key))]).toEqual([path, 404]);
    }
    // These paths need no key.
    for (const path of ["/", "/v1", "//health", "/v1/ready"]) {
      expect([path, statusOf(await ask(locked.url, "GET", path))]).toEqual([path, 200]);
    }
  });

  test("the host check", async () => {
    for (const path of [...spellings("/v1/models"), ...spellings("/health"), ...notRoutes, "/"]) {
      const bytes = `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`;
      expect([path, statusOf(await sendRaw(server.url, bytes))]).toEqual([path, 403]);
    }
  });

  test("the origin check", async () => {
    for (const path of spellings("/v1/audio/transcriptions")) {
      const origin = "Origin: https://evil.example\r\n";
      expect([path, statusOf(await ask(server.url, "POST", path, origin))]).toEqual([path, 403]);
    }
  });

  test("the rate limit: all spellings count as one route", async () => {
    await using limited = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE: "2" },
    });
    const statuses: number[] = [];
    for (const path of spellings("/v1/audio/transcriptions")) {
      statuses.push(statusOf(await ask(limited.url, "POST", path)));
    }
    expect(statuses.filter((status) => status !== 429)).toHaveLength(2);
  });

  test("the limit of requests at once, except by the routes that have no limit", async () => {
    await using full = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_MAX_REQUESTS: "1" },
    });
    const stuck = new AbortController();
    const slow = full
      .post(formOf({ file: wavOf(0.5, tone), model: "null:stuck" }), { signal: stuck.signal })
      .catch(() => null);
    await until("the request is being worked on", () => full.runners().length > 0);
    for (const path of [
      "/v1/models",
      "/health/x",
      "/health/../v1/models",
      "/v1/health/models",
      "/",
    ]) {
      expect([path, statusOf(await ask(full.url, "GET", path))]).toEqual([path, 503]);
    }
    for (const path of ["/health", "//health//", "/v1/../health", "/v1/health", "/health?x"]) {
      expect([path, statusOf(await ask(full.url, "GET", path))]).toEqual([path, 200]);
    }
    stuck.abort();
    await slow;
  });
});

test.each(["host.docker.internal", "gateway.docker.internal", "host.containers.internal"])(
  "a container reaches a loopback server as %s",
  async (host) => {
    const headers = { host: `${host}:8000` };
    expect((await fetch(`${server.url}/v1/models`, { headers })).status).toBe(200);
    expect((await server.post(speech(), { headers })).status).toBe(200);
    for (const foreign of [`x.${host}`, `${host}.example`, "docker.internal", "other.internal"]) {
      const response = await fetch(`${server.url}/v1/models`, { headers: { host: foreign } });
      await expectError(response, { status: 403, code: "host_not_allowed" });
    }
  },
);

// --- internal ---

interface ErrorBody {
  readonly error: { readonly message: string };
}
