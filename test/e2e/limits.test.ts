/** Tests the limits of a request: bytes, parts, slots in the queue, and time. Each test exceeds one of these limits. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { RateLimitError } from "openai";
import { expectError, failureOf } from "./failures.ts";
import { cpuSeconds } from "./processes.ts";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

/** Creates the form of a request to the null engine, which executes the commands in the prompt. */
const command = (prompt: string, fields: Readonly<Record<string, string>> = {}, durationS = 0.5) =>
  formOf({ file: wavOf(durationS, tone), model: "null:echo", prompt, ...fields });

const start = (environment: Readonly<Record<string, string>>) =>
  startServer({
    environment: { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1", ...environment },
  });

describe("an upload", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start({
      OPEN_ASR_SERVER_MAX_UPLOAD_BYTES: "100000",
      OPEN_ASR_SERVER_UPLOAD_IDLE_SECONDS: "1",
      OPEN_ASR_SERVER_UPLOAD_TIMEOUT_SECONDS: "3",
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("with a Content-Length above the limit is rejected before its body", async () => {
    const head = rawHead({ "Content-Length": "9000000000" });
    expect(await sendRaw(server.url, head, hasJsonBody)).toContain("file_too_large");
  });

  test("above the size limit is rejected while the client sends it, with a Content-Length or in chunks", async () => {
    const form = rawForm("x".repeat(150_000));
    const whole = rawHead({ "Content-Length": String(form.length) }) + form;
    expect(await sendRaw(server.url, whole, hasJsonBody)).toContain("file_too_large");
    // The client never sends the last chunk, so the body does not end.
    const chunk = "x".repeat(10_000);
    const chunked = `${rawHead({ "Transfer-Encoding": "chunked" })}${chunkOf(form.slice(0, 500))}`;
    const heard = await sendRaw(server.url, chunked + chunkOf(chunk).repeat(20), hasJsonBody);
    expect(heard).toContain("file_too_large");
    expect(server.spooled()).toEqual([]);
  });

  test("in chunks is accepted", async () => {
    const form = rawForm("This is not audio.");
    const pieces = [...form.matchAll(/.{1,7}/gs)].map(([piece]) => chunkOf(piece)).join("");
    const heard = await sendRaw(
      server.url,
      `${rawHead({ "Transfer-Encoding": "chunked" })}${pieces}0\r\n\r\n`,
      hasJsonBody,
    );
    expect(heard).toContain("unsupported_audio");
  });

  test("with a wrong Content-Length gets 400 and harms no other request", async () => {
    const form = rawForm("This is not audio.");
    const tooShort = rawHead({ "Content-Length": String(form.length - 20) }) + form;
    expect(await sendRaw(server.url, tooShort, hasJsonBody)).toMatch(/^HTTP\/1\.1 400 /);
    const none = await sendRaw(server.url, rawHead({ Connection: "close" }) + form);
    expect(none).toMatch(/ 400 /);
    const words = rawHead({ "Content-Length": "many" }) + form;
    expect(await sendRaw(server.url, words)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await server.post(command("say still here"))).status).toBe(200);
  });

  test("that stalls or is too slow gets 408", async () => {
    const tooLong = rawHead({ "Content-Length": "50000" }) + rawForm("").slice(0, 100);
    const heard = await sendRaw(server.url, tooLong, hasJsonBody);
    expect(heard).toMatch(/ 408 [\s\S]*no byte arrived for 1 s/);
    expect(await sendSlowly(server.url)).toMatch(/ 408 [\s\S]*more than 3 s/);
    expect(server.spooled()).toEqual([]);
  });

  test("with too many parts or a field that is too long gets 400", async () => {
    const part = '--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx\r\n';
    const nameless = "--x\r\n\r\nx\r\n";
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const long = formOf({ prompt: "x".repeat(65_537), file: wavOf(0.5) });
    for (const [body, says] of [
      [nameless.repeat(100) + rawForm("abc"), /more than 64 fields/],
      [part + rawForm("abc", { prompt: "y" }), /sent more than once/],
    ] as const) {
      const response = await server.post(body, { headers });
      await expectError(response, { status: 400, code: "invalid_request", says });
    }
    const response = await server.post(long);
    await expectError(response, { status: 400, code: "invalid_request", says: /65536 bytes/ });
  });

  test("is stopped at its first bad field, before a model is loaded for it", async () => {
    await using fresh = await start({});
    const fields = rawForm("", { model: "null:echo", temperature: "7" }).slice(0, -20);
    const head = rawHead({ "Content-Length": "500000" });
    const heard = await sendRaw(fresh.url, head + fields, hasJsonBody);
    expect(heard).toMatch(/ 400 [\s\S]*"param":"temperature"/);
    expect(fresh.runners()).toEqual([]);
    expect(fresh.spooled()).toEqual([]);
  });
});

describe("a full server", () => {
  test("answers 503 with Retry-After before it reads the body", async () => {
    await using server = await start({
      OPEN_ASR_SERVER_QUEUE_MAX: "1",
      OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo",
    });
    expect((await server.post(command("say ready"))).status).toBe(200);
    const inside = [server.post(command("sleep 3000", {}, 2)), server.post(command("say hi"))];
    await until("both uploads are on disk", () => server.spooled().length === 2);
    const heard = await sendRaw(server.url, rawHead({ "Content-Length": "5000" }), hasJsonBody);
    expect(heard).toMatch(/ 503 [\s\S]*OPEN_ASR_SERVER_QUEUE_MAX[\s\S]*server_busy/);
    expect(Number(/\r\nretry-after: (\d+)\r\n/i.exec(heard)?.[1])).toBeWithin(1, 61);
    expect(server.spooled()).toHaveLength(2);
    // Requests that need no slot in the queue still get a response.
    expect((await fetch(`${server.url}/v1/models`)).status).toBe(200);
    for (const answer of inside) expect((await answer).status).toBe(200);
    expect((await server.post(command("say again"))).status).toBe(200);
  });

  test("without a queue rejects a request to a busy model, and accepts one to another model", async () => {
    await using server = await start({
      OPEN_ASR_SERVER_QUEUE_MAX: "0",
      // With this memory limit, the server chooses one lane, on any number of cores.
      OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "0",
      OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES: "400000000",
      OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo",
      OPEN_ASR_SERVER_PRELOAD: "null:transducer",
    });
    const inside = server.post(command("sleep 4000"));
    await until("the upload is on disk", () => server.spooled().length === 1);
    await Bun.sleep(300);
    await expectError(await server.post(command("say no")), {
      status: 503,
      code: "server_busy",
      retry: true,
      says: /OPEN_ASR_SERVER_QUEUE_MAX/,
    });
    const other = formOf({ file: wavOf(0.5, tone), model: "null:transducer" });
    expect((await server.post(other)).status).toBe(200);
    expect((await inside).status).toBe(200);
  });

  test("does not trust the duration that a file claims when it computes Retry-After", async () => {
    await using server = await start({
      OPEN_ASR_SERVER_MAX_AUDIO_SECONDS: "10",
      OPEN_ASR_SERVER_QUEUE_MAX: "0",
    });
    const webm = await Bun.file(join(import.meta.dir, "audio/agent.webm")).bytes();
    // Position of the value of Matroska's Duration element, a float with 8 bytes.
    const duration = Buffer.from(webm).indexOf(Buffer.from([0x44, 0x89, 0x88])) + 3;
    new DataView(webm.buffer).setFloat64(duration, 1e300);
    const fields = { model: "null:echo", prompt: "sleep 3000" };
    const inside = server.post(formOf({ file: new File([webm], "a.webm"), ...fields }));
    const working = 'open_asr_transcriptions{stage="working"} 1';
    const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
    while (!(await metrics()).includes(working)) await Bun.sleep(20);
    const refused = await server.post(command("say no"));
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, 20);
    expect((await inside).status).toBe(200);
  });

  test("whose request limit is reached still answers /health", async () => {
    await using server = await start({ OPEN_ASR_SERVER_MAX_REQUESTS: "1" });
    const inside = server.post(command("sleep 2000"));
    await until("the upload is on disk", () => server.spooled().length === 1);
    const expected = { status: 503, code: "server_busy", retry: true };
    const says = /OPEN_ASR_SERVER_MAX_REQUESTS/;
    await expectError(await fetch(`${server.url}/v1/models`), { ...expected, says });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect((await inside).status).toBe(200);
    await until("the request is logged", () => server.log().includes("status=200 id="));
    for (let n = 0; n < 3; n++) expect((await fetch(`${server.url}/v1/models`)).status).toBe(200);
  });

  test("answers 503 with Retry-After to a request that waited too long in the queue, and the running request continues", async () => {
    await using server = await start({
      OPEN_ASR_SERVER_QUEUE_TIMEOUT_SECONDS: "1",
      OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS: "1",
    });
    expect((await server.post(command("say ready"))).status).toBe(200);
    const before = server.runners();
    let isFirstAnswered = false;
    const first = server
      .post(command("sleep 8000; say first"))
      .finally(() => (isFirstAnswered = true));
    await until("the upload is on disk", () => server.spooled().length === 1);
    await Bun.sleep(300);
    const second = await server.post(command("say second"));
    const says = /waited 1 s in the queue.*Retry in \d+ s/;
    await expectError(second, { status: 503, code: "server_busy", retry: true, says });
    expect(Number(second.headers.get("retry-after"))).toBeWithin(1, 61);
    expect(isFirstAnswered).toBe(false);
    // The queue time in the metrics includes the time that the rejected request waited.
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const waited = /^open_asr_transcription_seconds_sum\{stage="queue"\} (\S+)$/m.exec(metrics);
    expect(Number(waited?.[1])).toBeGreaterThan(1);
    expect(server.spooled()).toHaveLength(1);
    expect(await (await first).json()).toMatchObject({ text: "first" });
    expect(server.runners()).toEqual(before);
  });
});

describe("a transcription", () => {
  test("above its time limit gets 504 without a retry, and its work stops", async () => {
    await using server = await start({ OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS: "1" });
    const late = await server.post(command("sleep 30000"));
    const says = /more than 1 s.*OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS/;
    await expectError(late, { status: 504, code: "deadline_exceeded", says });
    expect(server.spooled()).toEqual([]);
    const [runner = 0] = server.runners();
    const before = cpuSeconds(runner);
    // The success of the next request shows that the lane is free again.
    expect(await (await server.post(command("say next"))).json()).toMatchObject({ text: "next" });
    expect(server.runners()).toEqual([runner]);
    await Bun.sleep(500);
    expect(cpuSeconds(runner) - before).toBeLessThan(0.4);
  });
});

describe("a transcription with deadline_seconds", () => {
  test("gets 504 at its deadline, and its work stops", async () => {
    await using server = await start({});
    const late = await server.post(command("sleep 30000", { deadline_seconds: "1" }));
    const says = /not complete after the 1 s of deadline_seconds/;
    const param = "deadline_seconds";
    await expectError(late, { status: 504, code: "deadline_exceeded", says, param });
    expect(server.spooled()).toEqual([]);
    expect(await (await server.post(command("say next"))).json()).toMatchObject({ text: "next" });
  });

  test("runs before transcriptions that arrived earlier", async () => {
    await using server = await start({ OPEN_ASR_SERVER_QUEUE_MAX: "9" });
    const done: string[] = [];
    const post = async (name: string, fields: Record<string, string> = {}) => {
      expect((await server.post(command(`sleep 1000; say ${name}`, fields))).status).toBe(200);
      done.push(name);
    };
    const all = [post("running")];
    await until("the first file is on disk", () => server.spooled().length === 1);
    await Bun.sleep(200);
    all.push(post("a"), post("b"), post("c"));
    await until("all files are on disk", () => server.spooled().length === 4);
    all.push(post("urgent", { deadline_seconds: "60" }));
    await Promise.all(all);
    expect(done).toHaveLength(5);
    expect(done.at(-1)).not.toBe("urgent");
  });
});

describe("a rate limit", () => {
  test("counts per API key and rejects before the body, with the rest of the minute as Retry-After", async () => {
    await using server = await start({
      OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE: "2",
      OPEN_ASR_SERVER_API_KEY: "ann,bob",
    });
    const ask = (key: string) =>
      server.post(command("say hi"), { headers: { authorization: `Bearer ${key}` } });
    expect([(await ask("ann")).status, (await ask("ann")).status]).toEqual([200, 200]);
    const refused = await ask("ann");
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, 61);
    const expected = { status: 429, code: "rate_limit_exceeded", retry: true };
    await expectError(refused, { ...expected, says: /2 requests per minute/ });
    const head = rawHead({ "X-API-Key": "ann", "Content-Length": "5000" });
    expect(await sendRaw(server.url, head, hasJsonBody)).toContain(" 429 ");
    expect((await ask("bob")).status).toBe(200);
    expect((await ask("eve")).status).toBe(401);
    const create = server.client({ apiKey: "ann" }).audio.transcriptions.create({
      file: wavOf(0.5, tone),
      model: "null:echo",
    });
    expect(await failureOf(create)).toBeInstanceOf(RateLimitError);
    const models = await fetch(`${server.url}/v1/models`, { headers: { "x-api-key": "ann" } });
    expect(models.status).toBe(200);
  });

  test("counts per address, and trusts X-Forwarded-For only from configured proxies", async () => {
    const limit = { OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE: "1" };
    const statuses = async (server: TestServer, addresses: readonly string[]) => {
      const found: number[] = [];
      for (const address of addresses) {
        const headers = { "x-forwarded-for": address };
        found.push((await server.post(command("say hi"), { headers })).status);
      }
      return found;
    };
    await using direct = await start(limit);
    expect(await statuses(direct, ["1.1.1.1", "2.2.2.2"])).toEqual([200, 429]);
    await using behind = await start({ ...limit, OPEN_ASR_SERVER_TRUSTED_PROXY_HOPS: "1" });
    const addresses = ["1.1.1.1", "2.2.2.2", "9.9.9.9, 1.1.1.1", "1.1.1.1, 3.3.3.3"];
    expect(await statuses(behind, addresses)).toEqual([200, 200, 429, 200]);
  });
});

// --- internal ---

function chunkOf(piece: string): string {
  return `${piece.length.toString(16)}\r\n${piece}\r\n`;
}

/** Starts an upload that never stalls and never ends. Resolves to the response. */
async function sendSlowly(url: string): Promise<string> {
  let heard = "";
  const { hostname, port } = new URL(url);
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: { data: (_socket, data) => void (heard += data.toString()) },
  });
  socket.write(rawHead({ "Content-Length": "50000" }) + rawForm("").slice(0, 100));
  while (!hasJsonBody(heard)) {
    socket.write("x");
    await Bun.sleep(200);
  }
  socket.end();
  return heard;
}
