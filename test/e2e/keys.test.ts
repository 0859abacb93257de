/** Tests access control: API keys, Host headers, and web pages of other origins. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { AuthenticationError } from "openai";
import { openScratch } from "./executable.ts";
import { expectError, failureOf } from "./failures.ts";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const speech = () => formOf({ file: wavOf(0.5, tone), model: "null:echo" });

describe("an API key", () => {
  test("opens every route, as Bearer token or X-API-Key; /health and /ready need no key", async () => {
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_API_KEY: "first,second" },
    });
    const paths = ["/v1/models", "/v1/models/base", "/openapi.json", "/metrics", "/nowhere"];
    for (const path of paths) {
      const status = async (headers: Record<string, string>) =>
        (await fetch(server.url + path, { headers })).status;
      expect([path, await status({})]).toEqual([path, 401]);
      expect([path, await status({ authorization: "Bearer third" })]).toEqual([path, 401]);
      const expected = path === "/nowhere" ? 404 : 200;
      for (const headers of [{ authorization: "Bearer second" }, { "x-api-key": "first" }]) {
        expect([path, await status(headers)]).toEqual([path, expected]);
      }
    }
    for (const path of ["/health", "/ready"]) {
      expect((await fetch(server.url + path)).status).toBe(200);
    }
    const headers = { "x-api-key": "second" };
    expect((await server.post(speech(), { headers })).status).toBe(200);
    const { text } = await server
      .client({ apiKey: "first" })
      .audio.transcriptions.create({ file: wavOf(0.5, tone), model: "null:echo" });
    expect(text).toBe("8000 samples");
    expect(await failureOf(server.client({ apiKey: "third" }).models.list())).toBeInstanceOf(
      AuthenticationError,
    );
  });

  test.each(["access_token=first", "api_key=first", "=first", "key=first"])(
    "is not accepted in the query ?%s",
    async (query) => {
      await using server = await startServer({ environment: { OPEN_ASR_SERVER_API_KEY: "first" } });
      for (const headers of [{}, { authorization: "Basic first" }, { authorization: "Bearer" }]) {
        const response = await fetch(`${server.url}/v1/models?${query}`, { headers });
        await expectError(response, { status: 401, code: "invalid_api_key" });
      }
    },
  );

  test("can be read from a file", async () => {
    using scratch = openScratch();
    const path = join(scratch.folder, "keys");
    writeFileSync(path, "one\r\n\ntwo\n", { mode: 0o600 });
    await using server = await startServer({ flags: ["--api-key-file", path] });
    const status = async (key: string) =>
      (await fetch(`${server.url}/v1/models`, { headers: { "x-api-key": key } })).status;
    expect([await status("one"), await status("two"), await status("one\r\n")]).toEqual([
      200, 200, 200,
    ]);
    expect([await status("on"), await status("one,two"), await status("")]).toEqual([
      401, 401, 401,
    ]);
  });

  test.skipIf(process.platform !== "linux")("is not in the environment of a runner", async () => {
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_API_KEY: "first" },
    });
    await server.post(speech(), { headers: { "x-api-key": "first" } });
    const [runner] = server.runners();
    const environment = readFileSync(`/proc/${runner}/environ`, "utf8");
    expect(environment).toContain("OPEN_ASR_SERVER_SPOOL_DIR=");
    expect(environment).not.toContain("first");
  });

  test("is checked before the body arrives", async () => {
    await using server = await startServer({ environment: { OPEN_ASR_SERVER_API_KEY: "first" } });
    // The client announces a body but never sends it.
    const head = rawHead({ "Content-Length": "1000000", Expect: "100-continue" });
    const heard = await sendRaw(server.url, head, hasJsonBody);
    expect(heard).toContain(" 401 ");
    expect(server.spooled()).toEqual([]);
  });
});

describe("a server on a loopback address", () => {
  const get = (url: string, host: string | null) =>
    sendRaw(
      url,
      `GET /v1/models HTTP/1.1\r\n${host === null ? "" : `Host: ${host}\r\n`}Connection: close\r\n\r\n`,
    );

  test("accepts only its own names in the Host header, which prevents DNS rebinding", async () => {
    await using server = await startServer({
      environment: { OPEN_ASR_SERVER_ALLOWED_HOSTS: "asr.example" },
    });
    const own = ["localhost", "localhost:8000", "LOCALHOST", "app.localhost", "127.0.0.1:80"];
    for (const host of [...own, "127.1.2.3", "[::1]:8000", hostname(), "asr.example:443"]) {
      expect([host, await get(server.url, host)]).toEqual([host, expect.stringContaining(" 200 ")]);
    }
    for (const host of ["evil.example", "localhost.evil.example", "192.168.0.1", "0.0.0.0:8000"]) {
      const heard = await get(server.url, host);
      expect([host, heard]).toEqual([host, expect.stringContaining(" 403 ")]);
      expect(heard).toContain("OPEN_ASR_SERVER_ALLOWED_HOSTS");
    }
    const form = rawForm("abc");
    const head = rawHead({ Host: "evil.example", "Content-Length": String(form.length) });
    expect(await sendRaw(server.url, head + form, hasJsonBody)).toContain("host_not_allowed");
  });

  test.each(["LOCALHOST", "127.1"])(
    "checks the Host header if its address is given as %s",
    async (host) => {
      await using server = await startServer({ flags: ["--host", host] });
      expect(await get(server.url, "evil.example")).toContain(" 403 ");
      expect(server.log()).not.toContain("anyone who reaches");
    },
  );

  test("checks the Host header; on other addresses every name is accepted", async () => {
    await using server = await startServer({ flags: ["--host", "0.0.0.0"] });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    expect(await get(url, "asr.example")).toContain(" 200 ");
    await until("the server warns", () => server.log().includes("anyone who reaches it"));
  });
});

describe("an invalid Host header", () => {
  const hosts = ["a b", "[", "a@b/c", "localhost:99999", "a?b"];

  test.each(["127.0.0.1", "0.0.0.0"])("gets 400 with a request id, on %s", async (address) => {
    await using server = await startServer({
      flags: ["--host", address, "--log-format", "json"],
      environment: { OPEN_ASR_SERVER_API_KEY: "first" },
    });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    for (const host of hosts) {
      const request = `GET /v1/models?canary=1 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      const heard = await sendRaw(url, request);
      expect([host, heard]).toEqual([host, expect.stringContaining(" 400 ")]);
      expect(heard).toMatch(/x-request-id: req_\w+/);
      expect(heard).toMatch(/"message":"The Host header is invalid.*"code":"invalid_request"/);
    }
    await until("the log has all requests", () => server.log().split("\n").length > hosts.length);
    for (const line of server.log().trimEnd().split("\n")) {
      expect(JSON.parse(line)).toHaveProperty("message");
    }
    expect(server.log()).not.toContain("canary");
  });

  test("may be absent in HTTP/1.0", async () => {
    await using server = await startServer();
    const ask = (path: string) => sendRaw(server.url, `GET ${path} HTTP/1.0\r\n\r\n`);
    expect(await ask("/health")).toMatch(/ 200 [\s\S]*x-request-id/);
    expect(await ask("//nowhere")).toContain(" 404 ");
  });
});

describe("a web page of another origin", () => {
  const ask = (url: string, origin: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers: { origin, ...(init.headers as Record<string, string>) } });
  const allowed = (response: Response) => response.headers.get("access-control-allow-origin");

  test("may read no response unless the operator allowed its origin", async () => {
    await using closed = await startServer();
    expect(allowed(await ask(`${closed.url}/health`, "https://app.example"))).toBeNull();
    const preflight = await ask(`${closed.url}/v1/audio/transcriptions`, "https://app.example", {
      method: "OPTIONS",
    });
    expect(allowed(preflight)).toBeNull();
  });

  test("that the operator allowed may read responses and errors, and its preflight needs no key", async () => {
    await using server = await startServer({
      environment: {
        OPEN_ASR_SERVER_CORS_ORIGINS: "https://app.example,http://localhost:3000",
        OPEN_ASR_SERVER_API_KEY: "first",
      },
    });
    const url = `${server.url}/v1/audio/transcriptions`;
    for (const origin of ["https://app.example", "http://localhost:3000"]) {
      const preflight = await ask(url, origin, {
        method: "OPTIONS",
        headers: { "access-control-request-method": "POST" },
      });
      expect(preflight.status).toBe(204);
      expect(allowed(preflight)).toBe(origin);
      const refused = await ask(url, origin, { method: "POST" });
      expect([refused.status, allowed(refused)]).toEqual([401, origin]);
      expect(refused.headers.get("access-control-expose-headers")).toContain("x-request-id");
      expect(refused.headers.has("access-control-allow-credentials")).toBe(false);
    }
    expect(allowed(await ask(url, "https://evil.example", { method: "POST" }))).toBeNull();
    expect(allowed(await ask(url, "null", { method: "POST" }))).toBeNull();
  });

  test("that the operator allowed may send all headers of OpenAI's client, an API key and a trace context", async () => {
    const origin = "https://app.example";
    await using server = await startServer({ flags: ["--cors-origins", origin] });
    const sent = new Set(["x-api-key", "traceparent"]);
    const client = server.client({
      dangerouslyAllowBrowser: true,
      fetch(url, init) {
        for (const [name] of new Headers(init?.headers)) sent.add(name);
        return fetch(url, init);
      },
    });
    await client.models.list();
    expect([...sent]).toContain("x-stainless-runtime");
    expect([...sent]).toContain("authorization");
    const preflight = await ask(`${server.url}/v1/models`, origin, {
      method: "OPTIONS",
      headers: {
        "access-control-request-method": "GET",
        "access-control-request-headers": [...sent].toSorted().join(","),
      },
    });
    expect([...sent].filter((name) => !mayBeSent(name, preflight))).toEqual([]);
  });
});

// --- internal ---

/**
 * Returns whether a browser would send the header after this response to a preflight request. If a request has no
 * cookies, `*` allows every header except `authorization`.
 */
function mayBeSent(header: string, preflight: Response): boolean {
  const allowed = (preflight.headers.get("access-control-allow-headers") ?? "").split(/\s*,\s*/);
  return allowed.includes(header) || (allowed.includes("*") && header !== "authorization");
}
