/** Tests that a server without API keys rejects web pages of other origins, unless the operator allows the origin. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { expectError } from "./failures.ts";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const speech = () => formOf({ file: wavOf(0.5, tone), model: "null:echo" });
const post = (server: TestServer, headers: Readonly<Record<string, string>>) =>
  server.post(speech(), { headers });
const appOrigins = [
  "https://app.example",
  "http://localhost:3000",
  "app://obsidian.md",
  "tauri://localhost",
  "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
  "vscode-webview://1a2b3c",
  "capacitor://localhost",
  "file://",
  "null",
];

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    environment: { ...nullEngine, OPEN_ASR_SERVER_ALLOWED_HOSTS: "asr.example" },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

describe("without API keys, a POST", () => {
  test.each(appOrigins)(
    "from the origin %s is rejected with the flag that allows it",
    async (origin) => {
      const response = await post(server, { origin });
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
      await expectError(response, { status: 403, code: "origin_not_allowed" });
      const body = (await (await post(server, { origin })).json()) as {
        error: { message: string };
      };
      const [, value = ""] = /--cors-origins (\S+)/.exec(body.error.message) ?? [];
      expect(value).toBe(origin);
      // With the flag from the error message, the origin is accepted.
      await using allowing = await startServer({
        environment: nullEngine,
        flags: ["--cors-origins", value],
      });
      const allowed = await post(allowing, { origin });
      expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([
        200,
        origin,
      ]);
    },
  );

  test("from another origin is rejected before its body", async () => {
    const head = rawHead({ "Content-Length": "1000000", Origin: "https://evil.example" });
    const heard = await sendRaw(server.url, head, hasJsonBody);
    expect(heard).toMatch(/ 403 [\s\S]*"code":"origin_not_allowed"/);
    expect(server.spooled()).toEqual([]);
  });

  test("from a page of this server is accepted, also behind a proxy", async () => {
    const { port } = new URL(server.url);
    const own: readonly Readonly<Record<string, string>>[] = [
      {},
      { origin: `http://localhost:${port}` },
      { origin: `http://127.0.0.1:${port}` },
      { origin: `http://[::1]:${port}` },
      { origin: "https://asr.example", host: "asr.example" },
      { origin: "https://asr.example", host: "asr.example:443" },
      { origin: "http://asr.example:8443", host: "asr.example:8443" },
      // The proxy has changed the Host header, so the server uses the header Sec-Fetch-Site, which browsers set.
      { origin: "https://asr.example", "sec-fetch-site": "same-origin" },
    ];
    for (const headers of own) {
      expect([headers, (await post(server, headers)).status]).toEqual([headers, 200]);
    }
  });

  test("from a page of another port, scheme or host name is rejected", async () => {
    const { port } = new URL(server.url);
    const others: readonly Readonly<Record<string, string>>[] = [
      { origin: "http://localhost" },
      { origin: `http://localhost:${Number(port) + 1}` },
      { origin: `http://localhost.evil.example:${port}` },
      { origin: `http://evil.example:${port}`, "sec-fetch-site": "cross-site" },
      { origin: "https://asr.example", "sec-fetch-site": "same-site" },
      { origin: "https://asr.example:444", host: "asr.example" },
      { origin: `tauri://localhost:${port}` },
      { origin: "https://app.asr.example", host: "asr.example" },
    ];
    for (const headers of others) {
      expect([headers, (await post(server, headers)).status]).toEqual([headers, 403]);
    }
    // After DNS rebinding, the Host header contains the name of the attacker's host.
    const rebound = { origin: "http://evil.example:8000", host: "evil.example:8000" };
    await expectError(await post(server, rebound), { status: 403, code: "host_not_allowed" });
  });

  test("with an invalid Origin is rejected by a message that does not repeat it", async () => {
    const form = rawForm("abc");
    const written = [
      `https://${"a".repeat(5000)}.example`,
      "https://evil.example/path",
      "https://evil.example, https://other.example",
      "https://evil\t.example",
      "*",
      "constructor",
    ];
    for (const origin of written) {
      const head = rawHead({ Origin: origin, "Content-Length": String(form.length) });
      const heard = await sendRaw(server.url, head + form, hasJsonBody);
      expect(heard).toMatch(/ 403 [\s\S]*expected scheme:\/\/host/);
      expect(heard).not.toMatch(/evil|aaaa|constructor/);
    }
  });
});

test.each(["PUT", "DELETE", "PATCH"])(
  "without API keys, %s from another origin is rejected too",
  async (method) => {
    const headers = { origin: "https://evil.example" };
    const response = await fetch(`${server.url}/v1/models`, { method, headers });
    await expectError(response, { status: 403, code: "origin_not_allowed" });
  },
);

test("GET from another origin is answered without CORS headers, so that browsers hide the response from the page", async () => {
  const headers = { origin: "https://evil.example" };
  const response = await fetch(`${server.url}/v1/models`, { headers });
  expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([
    200,
    null,
  ]);
});

test("with API keys, the server does not check the origin, because other pages have no key", async () => {
  await using locked = await startServer({
    environment: { ...nullEngine, OPEN_ASR_SERVER_API_KEY: "first" },
  });
  const headers = { origin: "https://evil.example" };
  expect((await post(locked, headers)).status).toBe(401);
  expect((await post(locked, { ...headers, "x-api-key": "first" })).status).toBe(200);
});

test("an allowed origin allows no other origin with the same host", async () => {
  await using allowing = await startServer({
    environment: nullEngine,
    flags: ["--cors-origins", "null,app://obsidian.md", "--cors-origins", "https://app.example"],
  });
  const preflight = (origin: string) =>
    fetch(`${allowing.url}/v1/audio/transcriptions`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  for (const origin of ["null", "app://obsidian.md", "https://app.example"]) {
    const { status, headers } = await preflight(origin);
    expect([status, headers.get("access-control-allow-origin")]).toEqual([204, origin]);
  }
  for (const origin of ["https://null", "https://obsidian.md", "app://app.example"]) {
    expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBeNull();
    expect((await post(allowing, { origin })).status).toBe(403);
  }
});
