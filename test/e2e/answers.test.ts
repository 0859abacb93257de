/**
 * Checks every kind of response. The log must contain the status that the client received. After the response, the
 * connection must either serve the next request or close.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const path = "/v1/audio/transcriptions";
const key = { "x-api-key": "first" };
const command = (prompt: string) => formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt });
const start = () =>
  startServer({
    flags: ["--log-format", "json", "--cors-origins", "https://app.example"],
    environment: {
      ...nullEngine,
      OPEN_ASR_SERVER_API_KEY: "first",
      OPEN_ASR_SERVER_MAX_UPLOAD_BYTES: "100000",
      OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE: "8",
    },
  });

describe("the log has the status that the client received", () => {
  test("for responses of every kind", async () => {
    await using server = await start();
    const origin = "https://app.example";
    const asked = { "access-control-request-method": "POST" };
    const requests: readonly (readonly [status: number, path: string, init: RequestInit])[] = [
      [204, path, { method: "OPTIONS", headers: { origin, ...asked } }],
      [204, path, { method: "OPTIONS", headers: { origin: "https://evil.example", ...asked } }],
      [200, "/health", {}],
      [200, "/health", { method: "HEAD" }],
      [405, "/health", { method: "POST" }],
      [200, "/v1/models", { method: "HEAD", headers: key }],
      [405, path, { method: "HEAD", headers: key }],
      [200, "/v1/models", { headers: key }],
      [404, "/v1/models/none", { headers: key }],
      [404, "/nowhere", { headers: key }],
      [401, "/nowhere", {}],
      [403, "/health", { headers: { host: "evil.example" } }],
      [200, path, { method: "POST", headers: key, body: command("say hi") }],
      [500, path, { method: "POST", headers: key, body: command("fail") }],
      [400, path, { method: "POST", headers: key, body: formOf({ temperature: "7" }) }],
      [413, path, { method: "POST", headers: key, body: formOf({ file: wavOf(60) }) }],
    ];
    const sent = new Map<string | null, number>();
    for (const [status, to, init] of requests) {
      const response = await fetch(server.url + to, init);
      await response.arrayBuffer();
      expect([to, init.method, response.status]).toEqual([to, init.method, status]);
      sent.set(response.headers.get("x-request-id"), response.status);
    }
    expect(sent.size).toBe(requests.length);
    await until("all are logged", () => logged(server).length === requests.length);
    const lines = logged(server).map(({ id, status }) => [id, status] as const);
    expect(new Map(lines)).toEqual(sent);
  });

  test("for a response 429, and logs 499 for a client that disconnected before its response", async () => {
    await using server = await start();
    const left = new AbortController();
    const leaving = server.post(command("sleep 5000"), { headers: key, signal: left.signal });
    await until("it is in", () => server.spooled().length === 1);
    left.abort();
    await leaving.catch(() => undefined);
    const statuses: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      const response = await server.post(formOf({ temperature: "7" }), { headers: key });
      statuses.push(response.status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400, 400, 429, 429]);
    await until("all are logged", () => logged(server).length === 10);
    const found = logged(server).map(({ status }) => Number(status));
    expect(found.toSorted((a, b) => a - b)).toEqual([...statuses, 499].toSorted((a, b) => a - b));
    const abandoned = logged(server).find(({ status }) => status === 499);
    expect(abandoned).toMatchObject({ error: "client_closed_request" });
  });
});

describe("the connection", () => {
  const form = rawForm("abc");
  const health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const isHealthy = (heard: string) => heard.includes('"status":"ok"');
  const rejected: readonly (readonly [what: string, head: string, status: number])[] = [
    ["without a key", rawHead({ "Content-Length": String(form.length) }), 401],
    [
      "for another host",
      rawHead({ Host: "evil.example", "Content-Length": String(form.length) }),
      403,
    ],
    [
      "for an unknown path",
      rawHead({ "X-API-Key": "first", "Content-Length": String(form.length) }).replace(path, "/no"),
      404,
    ],
  ];

  test.each(rejected)(
    "serves the next request after the server rejected one %s, when both arrive in one piece",
    async (_, head, status) => {
      await using server = await start();
      const heard = await sendRaw(server.url, head + form + health, isHealthy);
      expect(statusesIn(heard)).toEqual([status, 200]);
    },
  );

  test.each(rejected)(
    "serves the next request after the server rejected one %s before the body of that request arrived",
    async (_, head, status) => {
      await using server = await start();
      expect(await sendInTurn(server.url, [head, form + health], isHealthy)).toEqual([status, 200]);
    },
  );

  test.each([
    [
      "Content-Length",
      (body: string) => [{ "Content-Length": String(body.length) }, body] as const,
    ],
    [
      "chunked encoding",
      (body: string) =>
        [
          { "Transfer-Encoding": "chunked" },
          `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        ] as const,
    ],
  ])(
    "serves the next request after the server rejected one because of its body (%s)",
    async (_, written) => {
      await using server = await start();
      const [headers, body] = written(rawForm("x".repeat(50_000), { temperature: "7" }));
      const head = rawHead({ "X-API-Key": "first", ...headers });
      const pieces = [head + body.slice(0, 300), body.slice(300) + health];
      expect(await sendInTurn(server.url, pieces, isHealthy)).toEqual([400, 200]);
    },
  );

  test("closes when a second request arrives before the response to the first", async () => {
    await using server = await start();
    const head = rawHead({ "X-API-Key": "first", "Content-Length": String(form.length) });
    const heard = await sendRaw(server.url, head + form + health);
    expect(heard).toBe("");
    await until("the job is given up", () => logged(server).some(({ status }) => status === 499));
    expect(server.spooled()).toEqual([]);
  });
});

// --- internal ---

function logged(server: TestServer): Record<string, unknown>[] {
  return server
    .log()
    .split("\n")
    .filter((line) => line.includes('"message":"request"') && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function statusesIn(heard: string): number[] {
  return [...heard.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
}

/**
 * Sends the first piece, waits for its response, and sends the second piece. Returns the status codes of all responses.
 */
async function sendInTurn(
  url: string,
  [first = "", second = ""]: readonly string[],
  isEnough: (heard: string) => boolean,
): Promise<number[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let heard = "";
    let isAnswered = false;
    const socket = connect(Number(port), hostname, () => socket.write(first));
    socket.on("data", (data) => {
      heard += data.toString();
      if (!isAnswered && hasJsonBody(heard)) {
        isAnswered = true;
        socket.write(second);
      }
      if (isEnough(heard)) socket.destroy();
    });
    socket.on("close", () => resolve(statusesIn(heard)));
    socket.on("error", reject);
  });
}
