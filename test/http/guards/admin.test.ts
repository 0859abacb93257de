/** Tests who may use the admin routes. */
import { describe, expect, test } from "bun:test";
import { errorOf, openApp, type TestAppOptions } from "../app.ts";

const here = { host: "localhost:8000" };
const base = JSON.stringify({ model: "base" });
const requests = {
  status: ["GET", "/v1/admin/models/status"],
  load: ["POST", "/v1/admin/models/load", base],
  unload: ["POST", "/v1/admin/models/unload", base],
  unloadAll: ["POST", "/v1/admin/models/unload-all", "{}"],
  pull: ["POST", "/v1/admin/models/pull", base],
  remove: ["DELETE", "/v1/models/base"],
} as const;
type Route = keyof typeof requests;
const all = Object.keys(requests) as Route[];

function open(options: TestAppOptions = {}) {
  const app = openApp(options);
  return {
    async send(route: Route, headers: Record<string, string>): Promise<number> {
      const [method, path, body = null] = requests[route];
      const { status } = await app.send(path, { method, headers, body });
      return status;
    },
    app,
    [Symbol.dispose]: () => app[Symbol.dispose](),
  };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

test("with an admin key every admin route takes it, from anywhere, and no other key", async () => {
  using server = open({ apiKeys: ["user"], adminKeys: ["boss"] });
  for (const route of all) {
    expect([route, await server.send(route, bearer("boss"))]).toEqual([route, 200]);
    expect([route, await server.send(route, { ...here, ...bearer("user") })]).toEqual([route, 401]);
    expect([route, await server.send(route, here)]).toEqual([route, 401]);
  }
});

test("an API key alone neither downloads nor deletes, from elsewhere", async () => {
  using server = open({ apiKeys: ["user"] });
  for (const route of all) {
    const changesFiles = route === "pull" || route === "remove";
    const elsewhere = { ...bearer("user"), host: "asr.localhost", "x-forwarded-for": "10.0.0.1" };
    expect([route, await server.send(route, elsewhere)]).toEqual([route, changesFiles ? 403 : 200]);
    expect([route, await server.send(route, { ...here, ...bearer("user") })]).toEqual([route, 200]);
    expect([route, await server.send(route, here)]).toEqual([route, 401]);
  }
});

describe("without keys", () => {
  test("direct requests of this machine are answered", async () => {
    using server = open();
    for (const host of [
      "localhost:8000",
      "127.0.0.1:8000",
      "[::1]:8000",
      "app.localhost",
      "127.9.9.9",
    ])
      for (const route of all)
        expect([host, route, await server.send(route, { host })]).toEqual([host, route, 200]);
  });

  test.each([
    ["another name of this machine", { host: "host.docker.internal" }],
    ["an empty Host", { host: "" }],
    ...[
      "forwarded",
      "via",
      "x-forwarded-for",
      "x-forwarded-proto",
      "x-forwarded",
      "x-real-ip",
      "x-client-ip",
      "true-client-ip",
      "cf-connecting-ip",
      "x-original-host",
    ].map((name) => [`the header ${name}`, { ...here, [name]: "10.0.0.1" }] as const),
    ["a page's origin", { ...here, origin: "http://localhost:8000" }],
    [
      "a page of another port",
      { ...here, origin: "http://localhost:9000", "sec-fetch-site": "same-origin" },
    ],
    [
      "a page behind TLS",
      { ...here, origin: "https://localhost:8000", "sec-fetch-site": "same-origin" },
    ],
    ["a hidden origin", { ...here, origin: "null" }],
    ["a page of another site", { ...here, "sec-fetch-site": "cross-site" }],
    ["a page of the same site", { ...here, "sec-fetch-site": "same-site" }],
  ] as const)("%s is refused", async (_name, headers) => {
    using server = open();
    for (const route of all)
      expect([route, await server.send(route, { ...headers })]).toEqual([route, 403]);
  });

  const ownPage = { ...here, origin: "http://localhost:8000", "sec-fetch-site": "same-origin" };

  test("the web page of the server is answered, unless it is switched off", async () => {
    using withPage = open();
    using withoutPage = open({ settings: { page: "off" } });
    for (const route of all) {
      expect([route, await withPage.send(route, ownPage)]).toEqual([route, 200]);
      expect([route, await withoutPage.send(route, ownPage)]).toEqual([route, 403]);
    }
  });

  test("a server behind a proxy answers nobody, also when the proxy adds no header", async () => {
    using server = open({ settings: { "trusted-proxy-hops": "1" } });
    for (const route of all) expect([route, await server.send(route, here)]).toEqual([route, 403]);
  });
});

test("after many wrong keys an address has to wait, also with the right key; a missing key is no guess", async () => {
  using server = open({ adminKeys: ["boss"] });
  for (let sent = 0; sent < 40; sent++) expect(await server.send("status", {})).toBe(401);
  expect(await server.send("status", bearer("boss"))).toBe(200);
  for (let guess = 0; guess < 20; guess++) {
    const route = guess % 2 === 0 ? "status" : "pull";
    expect(await server.send(route, bearer(`guess ${guess}`))).toBe(401);
  }
  const response = await server.app.send("/v1/admin/models/status", { headers: bearer("boss") });
  expect(response.status).toBe(429);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(50);
  expect((await errorOf(response)).message).toContain("20 wrong keys per minute");
});
