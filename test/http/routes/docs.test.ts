/** Tests the routes of the API page. */
import { expect, test } from "bun:test";
import { errorOf, openApp } from "../app.ts";

const files = [
  ["/page/docs.js", "text/javascript; charset=utf-8"],
  ["/page/docs.css", "text/css; charset=utf-8"],
  ["/page/swagger-ui.js", "text/javascript; charset=utf-8"],
  ["/page/swagger-ui.css", "text/css; charset=utf-8"],
] as const;

test("GET /docs and its files need no key, unlike the document that the page shows", async () => {
  using app = openApp({ apiKeys: ["secret"] });
  const response = await app.send("/docs");
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/html; charset=utf-8",
  ]);
  for (const [path, type] of files) {
    const file = await app.send(path);
    expect([file.status, file.headers.get("content-type")]).toEqual([200, type]);
    expect(file.headers.get("x-content-type-options")).toBe("nosniff");
  }
  expect((await app.send("/openapi.json")).status).toBe(401);
});

test("the page may load only files of this server, and no page may show it in a frame", async () => {
  using app = openApp();
  const { headers } = await app.send("/docs");
  expect(headers.get("content-security-policy")).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect(headers.get("referrer-policy")).toBe("no-referrer");
});

test("the page contains no code and no address of another server", async () => {
  using app = openApp();
  const text = await (await app.send("/docs")).text();
  expect(text).not.toMatch(/https?:|<style|<script(?![^>]* src=)| on\w+=/);
  const loaded = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
  for (const path of loaded) expect((await app.send(`/${path}`)).status).toBe(200);
});

test("--page off removes the API page, too", async () => {
  using app = openApp({ settings: { page: "off" } });
  for (const path of ["/docs", ...files.map(([file]) => file)]) {
    const response = await app.send(path);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: "unknown_route" });
  }
});

test("only GET and HEAD are allowed", async () => {
  using app = openApp();
  expect((await app.send("/docs", { method: "HEAD" })).status).toBe(200);
  const response = await app.send("/docs", { method: "POST" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});
