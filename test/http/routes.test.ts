import { describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Value } from "@sinclair/typebox/value";
import { errorEnvelope, modelList } from "../../src/http/schema.ts";
import { errorOf, openApp } from "./app.ts";

test("GET /health needs no key and returns the version", async () => {
  using app = openApp({ apiKeys: ["secret"] });
  const response = await app.send("/health");
  expect(await response.json()).toEqual({ status: "ok", version: "1.2.3" });
  expect((await app.send("/health", { method: "HEAD" })).status).toBe(200);
});

test("GET /v1/models lists models in OpenAI's shape", async () => {
  using app = openApp();
  const body: unknown = await (await app.send("/v1/models")).json();
  expect(Value.Check(modelList, body)).toBe(true);
  expect(body).toMatchObject({ object: "list", data: [{ id: "base", object: "model" }, {}, {}] });
});

for (const id of ["base", "mlx-community/whisper-tiny", "whisper-cpp:base"]) {
  test(`GET /v1/models/{id} finds ${id}, URL-encoded or not`, async () => {
    using app = openApp();
    for (const path of [id, encodeURIComponent(id)]) {
      expect(await (await app.send(`/v1/models/${path}`)).json()).toMatchObject({ id });
    }
  });
}

test("GET /v1/models/{id} with an unknown id is answered with 404", async () => {
  using app = openApp();
  for (const path of ["tiny", "%E0%A4%A", "..%2F..%2Fetc"]) {
    const response = await app.send(`/v1/models/${path}`);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: "model_not_found", param: "model" });
  }
});

test("GET /openapi.json is valid OpenAPI and describes the served paths", async () => {
  using app = openApp();
  const description = (await (await app.send("/openapi.json")).json()) as Record<string, object>;
  expect(await new Validator().validate(structuredClone(description))).toEqual({ valid: true });
  expect(Object.keys(description["paths"]!)).toEqual([
    "/",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/v1/admin/models/load",
    "/v1/admin/models/pull",
    "/v1/admin/models/status",
    "/v1/admin/models/unload",
    "/v1/admin/models/unload-all",
    "/v1/models",
    "/v1/models/metadata",
    "/v1/models/{model}",
    "/health",
    "/metrics",
    "/openapi.json",
    "/ready",
  ]);
});

test("an unknown path is answered with 404 in OpenAI's envelope", async () => {
  using app = openApp();
  const response = await app.send("/v1/audio/speech", { method: "POST" });
  expect(response.status).toBe(404);
  const body: unknown = await response.json();
  expect(Value.Check(errorEnvelope, body)).toBe(true);
  expect(body).toMatchObject({ error: { code: "unknown_route", param: null } });
});

test("a wrong method is answered with 405 and the allowed one", async () => {
  using app = openApp();
  for (const [path, method, allow] of [
    ["/v1/audio/transcriptions", "GET", "POST"],
    ["/v1/models", "POST", "GET, HEAD"],
    ["/v1/models/base", "PUT", "GET, HEAD, DELETE"],
    ["/v1/models/metadata", "POST", "GET, HEAD"],
    ["/health", "PUT", "GET, HEAD"],
    ["/openapi.json", "PATCH", "GET, HEAD"],
  ] as const) {
    // The body is invalid JSON. This must not change the response.
    const body = method === "GET" ? null : "{";
    const init = { method, body, headers: { "content-type": "application/json" } };
    const response = await app.send(path, init);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    expect((await errorOf(response)).code).toBe("method_not_allowed");
  }
});

test("every response has its own x-request-id", async () => {
  using app = openApp({ apiKeys: ["secret"] });
  const ids = new Set<string | null>();
  for (const path of ["/health", "/v1/models", "/nowhere"]) {
    const response = await app.send(path);
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    ids.add(response.headers.get("x-request-id"));
  }
  expect(ids.size).toBe(3);
});

describe("on a server with API keys,", () => {
  const keys = ["first-key", "second-key"];

  test("each key opens every route", async () => {
    using app = openApp({ apiKeys: keys });
    for (const key of keys) {
      const headers = { authorization: `Bearer ${key}` };
      expect((await app.send("/v1/models", { headers })).status).toBe(200);
      expect((await app.post({}, { headers })).status).toBe(200);
    }
  });

  test.each(["bearer", "BEARER"])("the scheme may be written %p", async (scheme) => {
    using app = openApp({ apiKeys: keys });
    const headers = { authorization: `${scheme} first-key` };
    expect((await app.send("/v1/models", { headers })).status).toBe(200);
  });

  for (const [name, path, headers] of [
    ["a request without a key", "/v1/models", {}],
    ["a wrong key", "/v1/models", { authorization: "Bearer third-key" }],
    ["a part of a key", "/v1/models", { authorization: "Bearer first" }],
    ["an empty key", "/v1/models", { authorization: "Bearer " }],
    ["a scheme without a space", "/v1/models", { authorization: "Bearerfirst-key" }],
    [
      "a key with another scheme",
      "/v1/models?access_token=first-key",
      { authorization: "Basic first-key" },
    ],
    ["a key in the query", "/v1/models?access_token=first-key&=first-key", {}],
  ] as const) {
    test(`${name} is answered with 401`, async () => {
      using app = openApp({ apiKeys: keys });
      const response = await app.send(path, { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(response.headers.get("x-should-retry")).toBe("false");
      expect((await errorOf(response)).code).toBe("invalid_api_key");
    });
  }

  test("an upload without a key is rejected before the server reads it", async () => {
    using app = openApp({ apiKeys: keys });
    let pulls = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        pulls += 1;
        controller.enqueue(new Uint8Array(1024));
      },
    });
    expect((await app.post({}, { body })).status).toBe(401);
    expect(pulls).toBeLessThan(3);
  });
});
