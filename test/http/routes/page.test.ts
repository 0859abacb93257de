/** Tests the routes of the web page: when they answer, and the headers that protect the page. */
import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { acceptsHtml } from "../../../src/http/accepts-html.ts";
import { errorOf, openApp } from "../app.ts";

const chrome =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";
const html = { headers: { accept: chrome } };
const files = [
  ["/page/page.js", "text/javascript; charset=utf-8"],
  ["/page/page.css", "text/css; charset=utf-8"],
  ["/page/icon.svg", "image/svg+xml"],
] as const;

/** Maximum size of everything that a browser loads, compressed. */
const loadedBytesMax = 30_000;

describe("GET / sends", () => {
  test("the page to a browser, without a key", async () => {
    using app = openApp({ apiKeys: ["secret"] });
    const response = await app.send("/", html);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toContain("Drop audio or video here");
  });

  test("JSON to a program", async () => {
    using app = openApp();
    for (const accept of ["*/*", "application/json", ""]) {
      const response = await app.send("/", { headers: { accept } });
      expect(await response.json()).toMatchObject({ name: "open-asr-server" });
      expect(response.headers.get("vary")).toBe("accept");
    }
  });

  test.each([
    [chrome, true],
    ["text/html", true],
    ["TEXT/HTML; charset=utf-8", true],
    ["text/html;q=0.5, application/json;q=0.4", true],
    ["text/html;q=0.5, application/json", false],
    ["text/html;q=0", false],
    ["text/html;q=2", false],
    ["text/html;q=x", false],
    ["text/*", false],
    ["*/*", false],
    [null, false],
  ])("for %p the page: %p", (accept, isPage) => {
    expect(acceptsHtml(accept)).toBe(isPage);
  });
});

test("the page may load only files of this server, and no page may show it in a frame", async () => {
  using app = openApp();
  const { headers } = await app.send("/", html);
  const policy = new Map(
    (headers.get("content-security-policy") ?? "").split("; ").map((rule) => {
      const [name = "", ...values] = rule.split(" ");
      return [name, values.join(" ")];
    }),
  );
  expect(Object.fromEntries(policy)).toEqual({
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "media-src": "blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
  });
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
});

test("the page contains no code and no address of another server", async () => {
  using app = openApp();
  const page = await (await app.send("/", html)).text();
  // Relative addresses work behind a proxy with a path, too.
  expect(page).not.toMatch(/(?:src|href)="\//);
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|style=|<style/i);
  for (const [path] of [["/"], ...files]) {
    const text = await (await app.send(path!, html)).text();
    expect([path, text.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg)[^"'\s]*/g)]).toEqual([
      path,
      null,
    ]);
  }
});

describe("each file of the page", () => {
  test.each(files)("%s has its type, is not guessed, and needs no key", async (path, type) => {
    using app = openApp({ apiKeys: ["secret"] });
    const response = await app.send(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect((await response.text()).length).toBeGreaterThan(100);
    const other = await app.send(path, { method: "POST" });
    expect([other.status, other.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test.each(["/", ...files.map(([path]) => path)])(
    "%s is sent again only after a change",
    async (path) => {
      using app = openApp();
      const etag = (await app.send(path, html)).headers.get("etag")!;
      expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
      const send = (tag: string) =>
        app.send(path, { headers: { ...html.headers, "if-none-match": tag } });
      for (const tag of [etag, `W/${etag}`, `"older", ${etag}`, "*"]) {
        const response = await send(tag);
        expect([response.status, await response.text()]).toEqual([304, ""]);
        expect(response.headers.get("etag")).toBe(etag);
      }
      expect((await send('"older"')).status).toBe(200);
    },
  );

  test("is small", async () => {
    using app = openApp();
    let bytes = 0;
    for (const path of ["/", ...files.map(([file]) => file)]) {
      bytes += gzipSync(await (await app.send(path, html)).bytes()).length;
    }
    expect(bytes).toBeLessThan(loadedBytesMax);
  });
});

test("--page off: GET / sends JSON, and the files do not exist", async () => {
  using app = openApp({ settings: { page: "off" } });
  const response = await app.send("/", html);
  expect(await response.json()).toMatchObject({ name: "open-asr-server" });
  for (const [path] of files) {
    expect(await errorOf(await app.send(path))).toMatchObject({ code: "unknown_route" });
  }
});

test("the page has the guards of every route", async () => {
  using app = openApp();
  for (const path of ["/", "/page/page.js"]) {
    const foreign = { headers: { ...html.headers, host: "rebound.example" } };
    expect(await errorOf(await app.send(path, foreign))).toMatchObject({
      code: "host_not_allowed",
    });
    const response = await app.send(path, {
      headers: { ...html.headers, origin: "https://page.example" },
    });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  }
});
