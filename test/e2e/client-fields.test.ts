/** Tests fields of real clients that are not fields of OpenAI's API, with the executable and OpenAI's client. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { expectError, failureOf } from "./failures.ts";
import { peakMemoryBytes } from "./processes.ts";
import { rawForm, rawHead } from "./raw-http.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

let server: TestServer;
beforeAll(async () => {
  const limits = { OPEN_ASR_SERVER_MAX_UPLOAD_BYTES: "100000000" };
  const key = { OPEN_ASR_SERVER_API_KEY: "key" };
  server = await startServer({ environment: { ...nullEngine, ...limits, ...key } });
});
afterAll(() => server[Symbol.asyncDispose]());

const file = () => wavOf(0.5, tone);
const client = (more = {}) => server.client({ apiKey: "key", ...more });
const headers = { authorization: "bearer key" };

test.each(["json", "text", "srt", "vtt"] as const)(
  "the granularity segment is accepted with %s, as the Vercel AI SDK sends it",
  async (response_format) => {
    const answer = await client().audio.transcriptions.create({
      file: file(),
      model: "null:echo",
      response_format,
      timestamp_granularities: ["segment"],
      temperature: 0,
      prompt: "Dear",
    });
    expect(JSON.stringify(answer)).toContain("8000 samples");
  },
);

test("fields of other servers pass through OpenAI's client", async () => {
  const others = {
    task: "transcribe",
    translate: false,
    diarize: false,
    vad_filter: false,
    hotwords: "Ann,Bob",
    initial_prompt: "Dear",
    temperature_inc: 0,
    user: "someone",
    word_timestamps: true,
  };
  const answer = await client().audio.transcriptions.create({
    file: file(),
    model: "null:echo",
    response_format: "verbose_json",
    ...others,
  });
  expect(answer).toMatchObject({ text: "8000 samples", words: expect.anything() });
  const translated = { translate: true };
  const failure = await failureOf(
    client().audio.transcriptions.create({ file: file(), model: "null:echo", ...translated }),
  );
  expect(failure).toMatchObject({ status: 400, code: "unsupported_value", param: "translate" });
});

test("a field in the URL is rejected, and the error contains its name", async () => {
  const form = formOf({ file: file(), model: "null:echo" });
  const url = `${server.url}/v1/audio/transcriptions?language=en`;
  const response = await fetch(url, { method: "POST", body: form, headers });
  await expectError(response, { status: 400, code: "invalid_request", param: "language" });
});

test("a compressed form of OpenAI's client is decoded", async () => {
  const compressed = async (input: string | URL | Request, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(String(input), init);
    const body = gzipSync(await request.arrayBuffer());
    const sent = new Headers(request.headers);
    sent.set("content-encoding", "gzip");
    sent.delete("content-length");
    return fetch(request.url, { method: "POST", body, headers: sent });
  };
  const { text } = await client({ fetch: compressed }).audio.transcriptions.create({
    file: file(),
    model: "null:echo",
  });
  expect(text).toBe("8000 samples");
});

test("an unknown encoding is a 415", async () => {
  const form = formOf({ file: file() });
  const response = await server.post(form, { headers: { ...headers, "content-encoding": "br" } });
  expect(response.headers.get("accept-encoding")).toBe("gzip");
  await expectError(response, { status: 415, code: "unsupported_encoding" });
});

test.skipIf(process.platform !== "linux")(
  "compressed forms of more than the limit end there, in little memory",
  async () => {
    const before = peakMemoryBytes(server.pid);
    const [head = "", tail = ""] = rawForm("FILE", { model: "null:echo" }).split("FILE");
    const bomb = gzipSync(
      Buffer.concat([Buffer.from(head), Buffer.alloc(110e6), Buffer.from(tail)]),
    );
    const sent = {
      ...headers,
      "content-type": /Content-Type: (.*)\r\n/.exec(rawHead())?.[1] ?? "",
      "content-encoding": "gzip",
    };
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => server.post(bomb, { headers: sent })),
    );
    for (const answer of answers)
      await expectError(answer, { status: 413, code: "file_too_large" });
    expect(peakMemoryBytes(server.pid) - before).toBeLessThan(200e6);
    expect(server.spooled()).toEqual([]);
  },
);
