/**
 * Tests long requests without `stream`. While a job runs, the server begins a JSON response with spaces. If the job
 * fails after the first space, the server closes the connection, and keeps the failure for a retry.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { expectError } from "./failures.ts";
import { rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const command = (prompt: string, fields: Readonly<Record<string, string>> = {}) =>
  formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt, ...fields });

const retry = { "x-stainless-retry-count": "1" };

let server: TestServer;
beforeAll(async () => {
  const settings = {
    OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "5",
    OPEN_ASR_SERVER_EARLY_BYTES_SECONDS: "1",
    OPEN_ASR_SERVER_STREAM_PING_SECONDS: "1",
    OPEN_ASR_SERVER_REJOIN_SILENCE_SECONDS: "2",
  };
  server = await startServer({ environment: { ...nullEngine, ...settings } });
  expect((await server.post(command("say loaded"))).status).toBe(200);
});
afterAll(() => server[Symbol.asyncDispose]());

describe("a response that takes long", () => {
  test("begins with spaces in json and verbose_json; other formats wait", async () => {
    const bodies = ["json", "verbose_json", "text", "srt", "vtt"].map(async (response_format) => {
      const response = await server.post(command("sleep 2700; say hi", { response_format }));
      return [response_format, response, await response.text()] as const;
    });
    for (const [format, response, body] of await Promise.all(bodies)) {
      const isJson = format.endsWith("json");
      const headersMs = Number(response.headers.get("openai-processing-ms"));
      expect([format, response.status, headersMs < 2700]).toEqual([format, 200, isJson]);
      const spaces = body.length - body.trimStart().length;
      if (isJson) {
        expect(spaces).toBeGreaterThanOrEqual(2);
        expect(JSON.parse(body)).toMatchObject({ text: "hi" });
        expect(response.headers.get("content-type")).toBe("application/json");
        expect(response.headers.get("x-accel-buffering")).toBe("no");
        expect(response.headers.get("x-request-id")).toMatch(/^req_\w+$/);
      } else expect(spaces).toBe(0);
    }
    expect(server.spooled()).toEqual([]);
  });

  test("is logged and counted at its end, with its whole duration", async () => {
    const response = await server.post(command("sleep 1500; say hi"));
    const id = response.headers.get("x-request-id")!;
    expect(linesOf(server, id)).toEqual([]);
    await response.text();
    await until("the log has the request", () => linesOf(server, id).length === 1);
    const [line = ""] = linesOf(server, id);
    expect(line).toContain("status=200");
    expect(Number(/total_s=([\d.]+)/.exec(line)?.[1])).toBeGreaterThanOrEqual(1.5);
    expect(line).toContain("audio_s=0.5");
  });

  test("has no space when it is ready in time", async () => {
    expect(await (await server.post(command("say hi"))).text()).toStartWith("{");
  });

  test("stops its work at once when the client leaves after a space", async () => {
    const leaving = new AbortController();
    const response = await server.post(command("sleep 60000"), { signal: leaving.signal });
    const reader = response.body!.getReader();
    // The server continues a job only if the connection was silent for 2 s before the client closed it. The third space
    // arrives after more than 2 s, but each space ends the silence. So the server must stop the job.
    for (let spaces = 0; spaces < 3;) spaces += (await reader.read()).value?.length ?? 0;
    expect(server.spooled()).toHaveLength(1);
    leaving.abort();
    await until("the upload is deleted", () => server.spooled().length === 0, 5);
    await until("the log has the request", () => linesOf(server, "status=499").length === 1);
  });
});

describe("a failure after the first space", () => {
  const form = () => command("sleep 1500; fail");

  test("closes the connection before the end of the body", async () => {
    const content = Buffer.from(await wavOf(0.5, tone).arrayBuffer()).toString("latin1");
    const body = rawForm(content, { model: "null:echo", prompt: "sleep 1400; fail" });
    const request = rawHead({ "Content-Length": String(body.length) }) + body;
    let heard = "";
    const failed = sendRaw(server.url, Buffer.from(request, "latin1"), (text) => {
      heard = text;
      return false;
    });
    expect(await failed.catch(String)).toContain("ECONNRESET");
    expect(heard).toStartWith("HTTP/1.1 200 OK");
    expect(heard).toEndWith("\r\n1\r\n \r\n");
  });

  test("is kept for the retry of the same upload, which gets its status once", async () => {
    const first = await server.post(form());
    expect(first.status).toBe(200);
    expect(await first.text().catch(() => "cut off")).toBe("cut off");
    const id = first.headers.get("x-request-id");
    const failed = `status=200 id=${id} error=internal_error`;
    await until("the log has the failure", () => linesOf(server, failed).length === 1);
    const second = await server.post(form(), { headers: retry });
    await expectError(second, { status: 500, code: "internal_error" });
    await until("the log has the retry", () => linesOf(server, `joined=${id}`).length === 1);
    // The first retry received the failure, so the server no longer keeps it. A further retry runs the job again, and
    // its response begins with a space.
    const third = await server.post(form(), { headers: retry });
    expect(third.status).toBe(200);
    await third.body?.cancel();
  });

  test("is not given to a request that is no retry or has other fields", async () => {
    await (await server.post(form())).text().catch(() => "cut off");
    const others = [
      server.post(form()),
      server.post(command("sleep 1500; say no"), { headers: retry }),
    ];
    for (const other of await Promise.all(others)) {
      expect(other.status).toBe(200);
      await other.body?.cancel();
    }
  });
});

// --- internal ---

/** Returns the lines of the log that contain a text. */
function linesOf(on: TestServer, text: string): string[] {
  return on
    .log()
    .split("\n")
    .filter((line) => line.includes(text));
}
