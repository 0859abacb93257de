/** Tests the parameters and the responses of POST /v1/listen. */
import { expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import type { Transcript } from "../../../src/transcript/transcript.ts";
import { audio, openApp, type TestAppOptions } from "../app.ts";
import { twoSegments } from "./requests.ts";

interface Answer {
  readonly metadata: Record<string, unknown>;
  readonly results: {
    readonly channels: readonly {
      readonly alternatives: readonly {
        readonly transcript: string;
        readonly confidence?: number;
        readonly words?: readonly object[];
      }[];
      readonly detected_language?: string;
    }[];
    readonly utterances: readonly { readonly channel: number }[];
  };
  readonly err_code: string;
  readonly err_msg: string;
  readonly request_id: string;
}

async function listen(query: string, init: RequestInit = {}, options: TestAppOptions = {}) {
  using app = openApp({ transcribe: () => Promise.resolve(twoSegments), ...options });
  const sent = { method: "POST", body: audio(), ...init };
  const response = await app.send(`/v1/listen?${query}`, sent);
  return {
    status: response.status,
    body: (await response.json()) as Answer,
    job: app.jobs[0],
    asked: app.asked,
  };
}

const words = [
  { word: "hello", start: 0, end: 0.5, punctuated_word: "Hello," },
  { word: "world", start: 0.6, end: 1.6, punctuated_word: "world." },
  { word: "good-bye", start: 2.001, end: 3, punctuated_word: "Good-bye!" },
];

test("the response has Deepgram's format, with real values", async () => {
  const { body } = await listen("model=nova-3&smart_format=true&punctuate=true");
  const sha256 = new Bun.CryptoHasher("sha256").update("RIFF audio").digest("hex");
  expect<object>(body).toEqual({
    metadata: {
      request_id: expect.stringMatching(/^req_/),
      sha256,
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      duration: 4.5,
      channels: 1,
      models: ["base"],
      model_info: { base: { name: "base", arch: expect.any(String) } },
    },
    results: {
      channels: [
        {
          alternatives: [
            {
              transcript: "Hello, world. Good-bye!",
              // Three tokens have a mean of -0.1, one token has -0.5.
              confidence: Number(Math.exp(-0.2).toFixed(6)),
              words,
            },
          ],
        },
      ],
    },
  });
});

test("utterances=true adds the segments", async () => {
  const { body } = await listen("utterances=true");
  expect(body.results.utterances).toEqual([
    {
      start: 0,
      end: 1.5,
      confidence: Number(Math.exp(-0.1).toFixed(6)),
      channel: 0,
      transcript: "Hello, world.",
      words: words.slice(0, 2),
      id: expect.stringMatching(/^[\da-f-]{36}$/),
    },
    expect.objectContaining({ start: 2, transcript: "Good-bye!", words: words.slice(2) }),
  ]);
});

test("facts that the model does not compute are absent", async () => {
  const [first] = twoSegments.segments;
  const { avgLogprob: _, ...segment } = first!;
  const plain: Transcript = { ...twoSegments, segments: [segment], words: null };
  const { body } = await listen("", {}, { transcribe: () => Promise.resolve(plain) });
  expect(body.results.channels).toEqual([{ alternatives: [{ transcript: "Hello, world." }] }]);
  const silent: Transcript = { ...plain, text: "", language: null, segments: [], words: [] };
  const empty = await listen(
    "detect_language=true",
    {},
    { transcribe: () => Promise.resolve(silent) },
  );
  expect(empty.body.results.channels).toEqual([{ alternatives: [{ transcript: "", words: [] }] }]);
});

test("multichannel=true transcribes each channel", async () => {
  const [first, second] = twoSegments.segments;
  const transcribe = () =>
    Promise.resolve({
      ...twoSegments,
      segments: [
        { ...first!, channel: 2 },
        { ...second!, channel: 1 },
      ],
      words: [{ text: " Hello", startS: 0, endS: 1, channel: 2 }],
    });
  const { body, job } = await listen("multichannel=true&utterances=true", {}, { transcribe });
  expect(job?.options.channel).toBe("each");
  expect(body.metadata.channels).toBe(2);
  const texts = body.results.channels.map(({ alternatives }) => alternatives[0]?.transcript);
  expect(texts).toEqual(["Good-bye!", "Hello, world."]);
  expect(body.results.utterances.map(({ channel }) => channel)).toEqual([1, 0]);
});

test("languages are named, detected or chosen", async () => {
  const named = await listen("language=de-CH");
  expect(named.job?.options.language).toBe("de");
  expect(named.body.results.channels[0]).not.toHaveProperty("detected_language");
  const detected = await listen("detect_language=true");
  expect(detected.job?.options.language).toBeNull();
  expect(detected.body.results.channels[0]?.detected_language).toBe("en");
  const chosen = await listen("detect_language=en&detect_language=de");
  expect(chosen.job?.options.languages).toEqual(["en", "de"]);
  expect(chosen.body.results.channels[0]?.detected_language).toBe("en");
  const off = await listen("detect_language=false&language=fr");
  expect(off.job?.options.language).toBe("fr");
  expect((await listen("language=multi")).job?.options.multilingual).toBe(true);
});

test("keywords and key terms are the keywords of the job", async () => {
  const { job } = await listen("keyterm=Deepgram&keyterm=New%20York&keywords=Ann");
  expect(job?.options.keywords).toEqual(["Deepgram", "New York", "Ann"]);
});

test("Deepgram's models are the default model, unless the operator gave them another meaning", async () => {
  for (const model of ["nova-3", "nova-2-meeting", "nova", "enhanced", "base-general", "general"]) {
    expect((await listen(`model=${model}`)).asked).toEqual([null]);
  }
  for (const model of ["base", "base-q8_0", "small", "whisper-tiny"]) {
    expect((await listen(`model=${model}`)).asked).toEqual([model]);
  }
  const settings = { alias: "nova-3=small" };
  expect((await listen("model=nova-3", {}, { settings })).asked).toEqual(["nova-3"]);
  expect((await listen("model=nova-2", {}, { settings })).asked).toEqual([null]);
});

test("samples without a header get one", async () => {
  const { job, body } = await listen("encoding=mulaw&sample_rate=8000&channels=2");
  const file = Buffer.from(job?.audio ?? "", "latin1");
  expect(file.subarray(44).toString("latin1")).toBe("RIFF audio");
  expect([file.readUInt16LE(20), file.readUInt16LE(22), file.readUInt32LE(24)]).toEqual([
    7, 2, 8000,
  ]);
  expect(body.metadata).not.toHaveProperty("sha256");
  for (const query of ["encoding=linear16", "sample_rate=8000", "channels=1"]) {
    const rejected = await listen(query);
    expect(rejected.body.err_msg).toMatch(/samples without a header need encoding and sample_rate/);
  }
});

test.each([
  ["diarize=true", /diarize "true": this server does not recognize speakers; send false/],
  ["diarize_model=v2", /does not recognize speakers; leave it out/],
  ["punctuate=false", /punctuate "false": this server does not remove punctuation; send true/],
  ["callback=https%3A%2F%2Fa.example", /does not send results to another server/],
  ["summarize=v2", /does not analyse the text/],
  ["redact=pci", /does not remove words/],
  ["keywords=Ann%3A5", /does not weight keywords; send the word alone/],
  ["model=absent", /There is no model "absent"/],
  ["language=xx", /language "xx"/],
  ["language=de&detect_language=true", /detect_language together with language/],
  ["language=de&language=en", /"language": it was sent more than once/],
  ["multichannel=true&multichannel=true", /"multichannel": it was sent more than once/],
  ["encoding=opus&sample_rate=8000", /encoding "opus": expected linear16, alaw, mulaw/],
  ["encoding=linear16&sample_rate=1e9", /sample_rate "1e9": expected a whole number/],
  ["version=2021-03-17.0", /version .*: expected latest/],
  ["tier=nova", /parameter "tier": expected model, /],
])("?%s is rejected", async (query, says) => {
  const { status, body, job } = await listen(query);
  expect([400, 404]).toContain(status);
  expect<object>(body).toEqual({
    err_code: status === 400 ? "Bad Request" : "MODEL_NOT_FOUND",
    err_msg: expect.stringMatching(says),
    request_id: expect.stringMatching(/^req_/),
  });
  expect(job).toBeUndefined();
});

test("a URL is rejected before the body arrives", async () => {
  const headers = { "content-type": "application/json; charset=utf-8" };
  const { status, body } = await listen("", { body: '{"url":"https://a.example/a.wav"}', headers });
  expect([status, body.err_code]).toEqual([400, "Bad Request"]);
  expect(body.err_msg).toMatch(/does not download audio from a URL: send the audio itself/);
});

test("an empty body is rejected, with and without a header of samples", async () => {
  for (const query of ["", "encoding=linear16&sample_rate=8000"]) {
    for (const body of ["", null]) {
      const answer = await listen(query, { body });
      expect([answer.status, answer.body.err_msg]).toEqual([
        400,
        "The body is empty: send the audio as the body",
      ]);
    }
  }
});

test("a compressed body is decoded, and its size is limited after decoding", async () => {
  const headers = { "content-encoding": "gzip" };
  const { job } = await listen("", { body: gzipSync("RIFF audio"), headers });
  expect(job?.audio).toBe("RIFF audio");
  const bomb = gzipSync(Buffer.alloc(2_000_000));
  const large = await listen("", { body: bomb, headers });
  expect([large.status, large.body.err_code]).toEqual([413, "FILE_TOO_LARGE"]);
  const damaged = await listen("", { body: "not gzip", headers });
  expect(damaged.body.err_msg).toMatch(/expected gzip data/);
  const unknown = await listen("", { headers: { "content-encoding": "br" } });
  expect(unknown.status).toBe(415);
});

test("an upload that stalls is rejected", async () => {
  const body = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from("RIFF")) });
  const { status, body: error } = await listen("", { body }, { uploadIdleS: 0.2 });
  expect([status, error.err_code]).toEqual([408, "UPLOAD_TIMEOUT"]);
});
