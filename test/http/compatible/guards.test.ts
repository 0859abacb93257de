/** Tests that the routes of other servers' APIs have the guards and limits of all routes, and their own errors. */
import { describe, expect, test } from "bun:test";
import { errorOf, openApp } from "../app.ts";
import { ask, routes } from "./requests.ts";

describe.each(routes.map((route) => [route.path, route] as const))("POST %s", (_path, route) => {
  const [keyName, keyPrefix] = route.keyHeader;
  const expectError = async (response: Response, status: number, says: RegExp) => {
    const message = route.messageOf(await response.json());
    expect([response.status, message]).toEqual([status, expect.stringMatching(says)]);
    expect(response.headers.get("content-type")).toStartWith("application/json");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    return response;
  };

  test("transcribes", async () => {
    using app = openApp();
    const response = await ask(app, route);
    expect([response.status, app.jobs.length]).toEqual([200, 1]);
    expect(app.jobs[0]?.audio).toBe("RIFF audio");
    expect(app.spooled()).toEqual([]);
  });

  test("is not there when the operator switches the API off", async () => {
    using app = openApp({ settings: { "compatible-apis": "none" } });
    const response = await ask(app, route);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: "unknown_route" });
    expect(app.jobs).toEqual([]);
  });

  test("is there when the operator selects only this API", async () => {
    using app = openApp({ settings: { "compatible-apis": route.api } });
    expect((await ask(app, route)).status).toBe(200);
    const others = routes.filter(({ api }) => api !== route.api);
    for (const other of others) expect((await ask(app, other)).status).toBe(404);
  });

  test("requires the key in the header of the API, and reads no audio without it", async () => {
    using app = openApp({ apiKeys: ["secret"] });
    const missing = await ask(app, route);
    await expectError(missing, 401, /requires an API key: send the header `/);
    expect(missing.headers.get("www-authenticate")).toBe(
      route.api === "deepgram" ? "Token" : "Bearer",
    );
    for (const wrong of ["wrong", "secret2", "secre"]) {
      const headers = { [keyName]: `${keyPrefix}${wrong}` };
      await expectError(await ask(app, route, { headers }), 401, /is not an API key/);
    }
    // A key in the URL must not work, because proxies log URLs.
    const inUrl = await ask(app, route, {}, "api-key=secret");
    await expectError(inUrl, 401, /requires an API key/);
    expect(app.jobs).toEqual([]);
    for (const [name, prefix] of [
      route.keyHeader,
      ["authorization", "Bearer "],
      ["x-api-key", ""],
    ] as const) {
      const headers = { [name]: `${prefix}secret` };
      expect((await ask(app, route, { headers })).status).toBe(200);
    }
  });

  test("rejects web pages of other origins, and other hosts", async () => {
    using app = openApp();
    const origin = { origin: "https://evil.example" };
    await expectError(await ask(app, route, { headers: origin }), 403, /web pages of this origin/);
    const host = { host: "evil.example" };
    await expectError(
      await ask(app, route, { headers: host }),
      403,
      /does not accept this host name/,
    );
    expect(app.jobs).toEqual([]);
  });

  test("limits the size of the file", async () => {
    using app = openApp({ uploadBytesMax: 1000 });
    const body = route.body("x".repeat(1001));
    await expectError(await ask(app, route, { body }), 413, /at most 1000 bytes/);
    expect((await ask(app, route, { body: route.body("x".repeat(1000)) })).status).toBe(200);
    expect(app.spooled()).toEqual([]);
  });

  test("has the rate limit and the queue of all routes", async () => {
    using limited = openApp({ settings: { "rate-limit-per-minute": "1" } });
    expect((await limited.post()).status).toBe(200);
    const second = await expectError(await ask(limited, route), 429, /Too many requests/);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);

    const release = Promise.withResolvers<void>();
    using full = openApp({
      settings: { "queue-max": "1" },
      transcribe: async () => {
        await release.promise;
        throw new Error("stopped");
      },
    });
    const running = Array.from({ length: 10 }, () => ask(full, route));
    const busy = await Promise.race(running);
    expect([503, 429]).toContain(busy.status);
    route.messageOf(await busy.json());
    expect(busy.headers.get("x-should-retry")).toBe("true");
    release.resolve();
    await Promise.all(running);
  });

  test("stops the work when the client leaves", async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    using app = openApp({
      transcribe: ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            resolve();
            reject(new Error("aborted"));
          }),
        ),
    });
    const client = new AbortController();
    const response = ask(app, route, { signal: client.signal });
    while (app.jobs.length === 0) await Bun.sleep(5);
    client.abort();
    await aborted;
    await response.catch(() => null);
    expect(app.spooled()).toEqual([]);
  });

  test("accepts only POST", async () => {
    using app = openApp();
    const response = await app.send(route.path);
    await expectError(response, 405, /accepts only POST/);
    expect(response.headers.get("allow")).toBe("POST");
  });

  test("hides an unexpected error", async () => {
    using app = openApp({
      transcribe: () => Promise.reject(new Error("cannot open /home/ann/private.wav")),
    });
    await expectError(await ask(app, route), 500, /^An unexpected error occurred/);
  });

  test("rejects a body that is not the one of the API", async () => {
    using app = openApp();
    const bodies: readonly (readonly [type: string, body: string])[] = [
      ["application/json", '{"url": "https://media.example/a.wav"}'],
      ["application/json", '{"url": '],
      ["multipart/form-data", "x"],
      ["multipart/form-data; boundary=a", "--a\r\n\r\nx"],
      ["multipart/form-data; boundary=a", ""],
      ['multipart/form-data; boundary="', "x"],
    ];
    for (const [type, body] of bodies) {
      const response = await ask(app, route, { body, headers: { "content-type": type } });
      const message = route.messageOf(await response.json());
      expect([type, body, isBadRequest(response)]).toEqual([type, body, true]);
      expect(message).not.toMatch(/ at |node_modules|\/src\//);
    }
    expect(app.jobs).toEqual([]);
  });

  test("rejects unknown and repeated query parameters, and very long ones", async () => {
    using app = openApp();
    const long = "x".repeat(10_000);
    for (const query of [
      "__proto__=1",
      "constructor=1",
      "unknown=1",
      `${long}=1`,
      "task=transcribe&task=transcribe&multichannel=1&multichannel=1",
      "=&=",
      "%00=%00",
    ]) {
      const response = await ask(app, route, {}, query);
      expect([query.slice(0, 20), isBadRequest(response)]).toEqual([query.slice(0, 20), true]);
      expect(route.messageOf(await response.json()).length).toBeLessThan(1500);
    }
    expect(app.jobs).toEqual([]);
  });
});

// --- internal ---

/** Returns whether the status is that of a wrong request. FastAPI, whose errors /asr has, uses 422. */
function isBadRequest({ status }: Response): boolean {
  return status === 400 || status === 422;
}
