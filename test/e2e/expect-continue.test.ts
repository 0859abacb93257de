/**
 * Tests the header `Expect`. Bun compares the value of this header case-sensitively, as docs/clients.md describes. If
 * the test that sends "100-Continue" and no body fails, Bun no longer does this. Then docs/clients.md must be
 * corrected.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { nullEngine, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(60_000);

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    environment: { ...nullEngine, OPEN_ASR_SERVER_UPLOAD_IDLE_SECONDS: "1" },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const headWith = (expected: string) =>
  rawHead({ "Content-Length": String(rawForm("abc").length), Expect: expected });

test("Expect: 100-continue gets its 100 before the body", async () => {
  const heard = await sendRaw(server.url, headWith("100-continue"), (text) => text.length > 0);
  expect(heard).toStartWith("HTTP/1.1 100 Continue\r\n\r\n");
});

test("Expect: 100-Continue gets no 100, and a 408 after the idle time of uploads", async () => {
  const heard = await sendRaw(server.url, headWith("100-Continue"), hasJsonBody);
  expect(heard).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"upload_timeout"/);
});

test("Expect: 100-Continue does not disturb a client that sends its body anyway", async () => {
  const bytes = headWith("100-Continue") + rawForm("abc");
  const heard = await sendRaw(server.url, bytes, hasJsonBody);
  expect(heard).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"unsupported_audio"/);
});
