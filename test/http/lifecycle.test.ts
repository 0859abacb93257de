/** Tests the routes /health and /ready while the server loads, runs and stops. */
import { expect, test } from "bun:test";
import { errorOf, openApp } from "./app.ts";

test("/ready reports whether the models are loaded, /health does not depend on it", async () => {
  using app = openApp();
  const statuses = async () => [
    (await app.send("/health")).status,
    (await app.send("/ready")).status,
    (await app.send("/ready", { method: "HEAD" })).status,
  ];
  expect(await statuses()).toEqual([200, 503, 503]);
  expect(await (await app.send("/ready")).json()).toEqual({
    status: "loading",
    version: "1.2.3",
    restarting: 0,
  });
  app.lifecycle.loaded();
  expect(await statuses()).toEqual([200, 200, 200]);
  expect(await (await app.send("/ready")).json()).toEqual({
    status: "ready",
    version: "1.2.3",
    restarting: 0,
  });
  app.lifecycle.stop();
  expect(await statuses()).toEqual([200, 503, 503]);
  expect(await (await app.send("/ready")).json()).toEqual({
    status: "stopping",
    version: "1.2.3",
    restarting: 0,
  });
});

test("a stopping server is not ready, even if a model finishes loading", async () => {
  using app = openApp();
  app.lifecycle.stop();
  app.lifecycle.loaded();
  expect((await app.send("/ready")).status).toBe(503);
});

test("/health and /ready need no API key", async () => {
  using app = openApp({ apiKeys: ["secret"] });
  app.lifecycle.loaded();
  expect((await app.send("/health")).status).toBe(200);
  expect((await app.send("/ready")).status).toBe(200);
});

test("a stopping server rejects requests with 503 before it reads them, and closes their connections", async () => {
  using app = openApp();
  expect((await app.post()).status).toBe(200);
  app.lifecycle.stop();
  for (const response of [await app.post(), await app.send("/v1/models")]) {
    expect(response.status).toBe(503);
    expect(await errorOf(response)).toMatchObject({ code: "server_stopping" });
    expect(response.headers.get("connection")).toBe("close");
    expect(response.headers.get("x-should-retry")).toBe("true");
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  expect(app.jobs).toHaveLength(1);
});
