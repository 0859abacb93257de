/**
 * Tests retries after a connection was cut. If the connection was silent before the cut, the server continues the
 * transcription. If the same client sends the same upload again, this retry joins the transcription.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { isWindows } from "../windows.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

type Fields = Readonly<Record<string, string | Blob>>;

/** Form fields of a request to the test model null:echo. This model executes the commands in `prompt`. */
const command = (prompt: string, fields: Fields = {}) => ({
  file: wavOf(0.5, tone),
  model: "null:echo",
  prompt,
  ...fields,
});

const retry = { "x-stainless-retry-count": "1" };
/**
 * Silence before a cut, in milliseconds. It is slightly longer than 1 s, because the server continues a cut
 * transcription only after a silence of 1 s.
 */
const silentMs = 1300;

const environment = {
  ...nullEngine,
  OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "2",
  OPEN_ASR_SERVER_REJOIN_SILENCE_SECONDS: "1",
};

/**
 * Sends a request, and disconnects `afterMs` milliseconds after the upload is on disk. Waits until the log has the
 * request.
 */
async function cut(
  server: TestServer,
  fields: Fields,
  {
    afterMs = silentMs,
    headers = {},
  }: { afterMs?: number; headers?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const leaving = new AbortController();
  const cuts = () => server.log().split("status=499").length;
  const before = cuts();
  const answer = server.post(formOf(fields), { signal: leaving.signal, headers });
  await until("the upload is on disk", () => server.spooled().length > 0);
  await Bun.sleep(afterMs);
  leaving.abort();
  expect(await answer.then((one) => one.text()).catch(() => "cut off")).toBe("cut off");
  await until("the log has the request", () => cuts() > before);
}

const textOf = async (answer: Promise<Response>) => {
  const body = await (await answer).text();
  return body.startsWith("{") ? (JSON.parse(body) as { text?: string }).text : body;
};

describe("a transcription whose silent connection was cut", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ environment });
    expect(await textOf(server.post(formOf(command("say loaded"))))).toBe("loaded");
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(["json", "text", "srt"] as const)(
    "is joined by the retry of OpenAI's client (%s)",
    async (response_format) => {
      const silenceMs = silentMs;
      await using proxy = await startCuttingProxy(server.url, { count: 1, silenceMs });
      const before = await engineOf(server);
      const client = server.client({ baseURL: `${proxy.url}/v1`, maxRetries: 1 });
      const fields = { ...command("sleep 2500; say hi"), response_format };
      const answer = await client.audio.transcriptions.create(fields);
      expect(JSON.stringify(answer)).toContain("hi");
      expect(proxy.cut()).toBe(1);
      const after = await engineOf(server);
      // The retry joined the transcription, so the engine has worked only once, for 2.5 s. The metrics also count one
      // transcription.
      expect(after.count - before.count).toBe(1);
      expect(after.seconds - before.seconds).toBeWithin(2.4, 4.5);
      expect(server.spooled()).toEqual([]);
    },
  );

  test("gives its result to a retry that comes after its end", async () => {
    await cut(server, command("sleep 1700; say late"));
    await until("the transcription has ended", () => server.spooled().length === 0);
    const before = await engineOf(server);
    const answer = await server.post(formOf(command("sleep 1700; say late")), { headers: retry });
    expect(await answer.json()).toMatchObject({ text: "late" });
    expect((await engineOf(server)).seconds - before.seconds).toBeLessThan(1);
    await logHas(server, /status=200.* joined=req_\w+ model=null:echo .*audio_s=0\.5/);
  });

  test("gives its failure to the retry, with its status", async () => {
    await cut(server, command("sleep 1700; fail"));
    const answer = await server.post(formOf(command("sleep 1700; fail")), { headers: retry });
    await expectError(answer, { status: 500, code: "internal_error" });
  });

  test("can be cut and joined several times", async () => {
    const fields = command("sleep 3400; say again");
    const before = await engineOf(server);
    await cut(server, fields);
    await cut(server, fields, { headers: retry });
    expect(await textOf(server.post(formOf(fields), { headers: retry }))).toBe("again");
    expect((await engineOf(server)).seconds - before.seconds).toBeWithin(3.3, 6);
  });

  test("is not joined by a request with another file, another field, or no retry header", async () => {
    const fields = command("sleep 1600; say hi");
    const before = await engineOf(server);
    await cut(server, fields);
    const others = [
      [{ ...fields, file: wavOf(0.6, tone) }, retry],
      [{ ...fields, language: "en" }, retry],
      [fields, {}],
      [fields, { "x-stainless-retry-count": "0" }],
    ] as const;
    const texts = others.map(([form, headers]) => textOf(server.post(formOf(form), { headers })));
    expect(await Promise.all(texts)).toEqual(["hi", "hi", "hi", "hi"]);
    // None of the four requests joined the transcription whose connection was cut. So the engine has run five
    // transcriptions.
    const after = await engineOf(server);
    expect(after.count - before.count).toBe(5);
    expect(after.seconds - before.seconds).toBeGreaterThanOrEqual(8);
  });

  test("keeps its model in memory", async () => {
    await cut(server, command("sleep 1800; say kept"));
    const body = JSON.stringify({ model: "null:echo" });
    const unloading = await fetch(`${server.url}/v1/admin/models/unload`, { method: "POST", body });
    await expectError(unloading, { status: 409, code: "model_in_use" });
    const fields = formOf(command("sleep 1800; say kept"));
    expect(await textOf(server.post(fields, { headers: retry }))).toBe("kept");
  });

  test("is stopped immediately when the connection was not silent for long enough", async () => {
    await cut(server, command("sleep 60000"), { afterMs: 300 });
    await until("the upload is deleted", () => server.spooled().length === 0, 5);
  });

  test("is stopped immediately when the request was streamed", async () => {
    await cut(server, command("sleep 60000", { stream: "true" }));
    await until("the upload is deleted", () => server.spooled().length === 0, 5);
  });
});

test("a transcription without a retry is stopped when the rejoin time is over", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_REJOIN_SECONDS: "2" },
  });
  await cut(server, command("sleep 60000"));
  expect(server.spooled()).toHaveLength(1);
  await until("the upload is deleted", () => server.spooled().length === 0, 10);
  await logHas(server, /abandoned id=req_\w+ end=expired/);
  expect(await metric(server, 'open_asr_abandoned_transcriptions_total{end="expired"}')).toBe(1);
  expect(await metric(server, 'open_asr_transcription_seconds_count{stage="total"}')).toBe(1);
});

test("with a rejoin time of 0, every disconnect stops the transcription", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_REJOIN_SECONDS: "0" },
  });
  await cut(server, command("sleep 60000"));
  await until("the upload is deleted", () => server.spooled().length === 0, 5);
});

test("a client cannot join the transcription of another API key", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_API_KEY: "ann,bob" },
  });
  const as = (key: string) => ({ ...retry, "x-api-key": key });
  const fields = command("sleep 1800; say secret");
  await cut(server, fields, { headers: as("ann") });
  expect(await textOf(server.post(formOf(fields), { headers: as("bob") }))).toBe("secret");
  expect(await textOf(server.post(formOf(fields), { headers: as("ann") }))).toBe("secret");
  await logHas(server, /joined=/);
  expect(server.log().match(/joined=/g)).toHaveLength(1);
  // The request of bob did not join the transcription of ann, so the engine has transcribed the file once for each key.
  expect((await engineOf(server)).count).toBe(2);
});

describe("when the queue is full", () => {
  const full = {
    ...environment,
    OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1",
    OPEN_ASR_SERVER_QUEUE_MAX: "0",
    OPEN_ASR_SERVER_API_KEY: "ann,bob",
  };
  const ann = { ...retry, "x-api-key": "ann" };

  test("an abandoned transcription is stopped for another request", async () => {
    await using server = await startServer({ environment: full });
    await cut(server, command("sleep 60000"), { headers: ann });
    const headers = { "x-api-key": "bob" };
    expect(await textOf(server.post(formOf(command("say bob")), { headers }))).toBe("bob");
    await logHas(server, /end=displaced/);
    expect(server.spooled()).toEqual([]);
  });

  test("the retry is admitted, because it needs no further slot", async () => {
    await using server = await startServer({ environment: full });
    const fields = command("sleep 2000; say ann");
    await cut(server, fields, { headers: ann });
    expect(await textOf(server.post(formOf(fields), { headers: ann }))).toBe("ann");
    await logHas(server, /joined=req_/);
  });
});

test.skipIf(isWindows)("a server that stops ends its abandoned transcriptions", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_REJOIN_SECONDS: "600" },
  });
  await cut(server, command("sleep 60000"));
  expect(await server.stop()).toBe(0);
  expect(server.log()).toContain("end=stopping");
  expect(server.spoolEntries()).toEqual([]);
});

// --- internal ---

/** Waits until the log contains the pattern, because the server writes the log line of a request after its response. */
function logHas(server: TestServer, pattern: RegExp): Promise<void> {
  return until(`the log has ${pattern}`, () => pattern.test(server.log()));
}

/** Returns the number of transcriptions that the engine has ended, and its total working time in seconds. */
async function engineOf(server: TestServer) {
  const name = (part: string) => `open_asr_transcription_seconds_${part}{stage="engine"}`;
  return {
    count: await metric(server, name("count")),
    seconds: await metric(server, name("sum")),
  };
}

async function metric(server: TestServer, name: string): Promise<number> {
  const headers = { "x-api-key": "ann" };
  const text = await (await fetch(`${server.url}/metrics`, { headers })).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}
