import { afterEach, expect, spyOn, test } from "bun:test";
import { connect } from "node:net";
import { Busboy } from "@fastify/busboy";
import { type Listener, listen } from "../../src/http/listener.ts";
import { openResources } from "../../src/http/response-end.ts";
import { openApp, type TestAppOptions, transcript } from "./app.ts";

const address = { host: "127.0.0.1", port: 0, connectionIdleS: 1 };
let listener: Listener | undefined;

afterEach(async () => await listener?.stop());

function start(options: TestAppOptions = {}) {
  const app = openApp({ settings: { "allowed-hosts": "a,asr,x" }, ...options });
  listener = listen(app.server, address, app.log);
  return { app, url: listener.url };
}

/** Sends bytes. Reads until the response contains `words` or the connection ends. */
function say(url: string, bytes: string, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    let heard = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on("data", (data) => {
      heard += data.toString();
      if (heard.includes(words)) socket.destroy();
    });
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
  });
}

const form =
  '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nabc\r\n--b--\r\n';

function post(host: string): string {
  const head = `Host: ${host}\r\nContent-Type: multipart/form-data; boundary=b`;
  return `POST /v1/audio/transcriptions HTTP/1.1\r\n${head}\r\nContent-Length: ${form.length}\r\n\r\n${form}`;
}

for (const host of ["localhost:8000", "a", "asr", "127.0.0.1", "x:1", "[::1]"]) {
  test(`the server finds routes under the Host ${host}`, async () => {
    const { app, url } = start();
    using _app = app;
    expect(await say(url, post(host), "}")).toContain(transcript.text);
    const get = `GET /v1/models?limit=1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    expect(await say(url, get, "]}")).toContain('"id":"base"');
  });
}

for (const host of ["localhost", "asr"]) {
  test(`a client that disconnects ends its job, under the Host ${host}`, async () => {
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { app, url } = start({
      transcribe: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            ended.resolve();
            reject(new Error("aborted"));
          });
          started.resolve();
        }),
    });
    using _app = app;
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(post(host)));
    await started.promise;
    socket.destroy();
    await ended.promise;
    while (!app.lines.join("").includes("status=499")) await Bun.sleep(5);
    expect(app.spooled()).toBeEmpty();
  });
}

test("a client that disconnects while the form parser hangs ends its upload", async () => {
  const parse = spyOn(Busboy.prototype, "write").mockImplementation(() => true);
  try {
    const { app, url } = start();
    using _app = app;
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(post("localhost")));
    while (parse.mock.calls.length === 0) await Bun.sleep(5);
    expect(app.spooled()).toHaveLength(1);
    socket.destroy();
    while (!app.lines.join("").includes("status=499")) await Bun.sleep(5);
    expect(app.spooled()).toBeEmpty();
  } finally {
    parse.mockRestore();
  }
}, 4000);

test("a second server cannot listen on a port in use", () => {
  const { app, url } = start();
  using _app = app;
  const port = Number(new URL(url).port);
  expect(() => listen(app.server, { ...address, port }, app.log)).toThrow("in use");
});

test("an error that no handler catches gets 500 in OpenAI's envelope and a line in the log", async () => {
  using app = openApp();
  const broken = { fetch: () => Promise.reject(new Error("escaped")) };
  listener = listen(broken, address, app.log);
  const response = await fetch(listener.url);
  expect([response.status, response.headers.get("x-should-retry")]).toEqual([500, "false"]);
  const body = await response.text();
  expect(JSON.parse(body)).toMatchObject({ error: { code: "internal_error" } });
  expect(body).not.toContain("escaped");
  expect(app.lines).toEqual([
    expect.stringMatching(/ error An unexpected error occurred in the server.*escaped/),
  ]);
});

/**
 * A pause in milliseconds. It must be longer than the time after which the server closes an idle connection. Bun checks
 * for idle connections only every four seconds, so the pause must be long.
 */
const pauseMs = 6000;

test.concurrent("a request may take longer than the idle timeout of connections; idle connections are closed", async () => {
  using app = openApp({
    async transcribe() {
      await Bun.sleep(pauseMs);
      return transcript;
    },
  });
  await using listening = open(app.server, app.log);
  const { url } = listening;
  const never = "\0";
  const idle = say(url, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", never);
  const half = say(url, "GET /health HTTP/1.1\r\nHo", never);
  const slow = say(url, post("localhost"), never);
  expect(await idle).toContain("200 OK");
  await half;
  expect(await slow).toContain(transcript.text);
}, 60_000);

test.concurrent("a streamed response may pause longer than the idle timeout; the connection is closed after its end", async () => {
  using app = openApp();
  const streaming = {
    fetch(request: Request) {
      const resources = openResources(request);
      const body = new ReadableStream<string>({
        async start(controller) {
          controller.enqueue("first");
          await Bun.sleep(pauseMs);
          controller.enqueue("last");
          await resources.disposeAsync();
          controller.close();
        },
      });
      return new Response(body);
    },
  };
  await using listening = open(streaming, app.log);
  const heard = await say(listening.url, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\0");
  expect(heard).toMatch(/first[^]*last/);
}, 60_000);

// --- internal ---

/** Several tests of this file run at the same time, so each test starts a listener of its own. */
function open(server: Parameters<typeof listen>[0], log: Parameters<typeof listen>[2]) {
  const own = listen(server, address, log);
  return { url: own.url, [Symbol.asyncDispose]: () => own.stop() };
}
