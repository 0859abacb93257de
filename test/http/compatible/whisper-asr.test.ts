/** Tests the parameters and the responses of POST /asr. */
import { expect, test } from "bun:test";
import { audio, formOf, openApp } from "../app.ts";
import { twoSegments } from "./requests.ts";

async function asr(query: string, form = formOf({ audio_file: audio() })) {
  using app = openApp({ transcribe: () => Promise.resolve(twoSegments) });
  const response = await app.send(`/asr?${query}`, { method: "POST", body: form });
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    text: await response.text(),
    job: app.jobs[0],
  };
}

test.each([
  ["", "Hello, world.\nGood-bye!\n", "text/plain"],
  ["output=txt", "Hello, world.\nGood-bye!\n", "text/plain"],
  ["output=srt", "1\n00:00:00,000 --> 00:00:01,500\nHello", "text/plain"],
  ["output=vtt", "WEBVTT\n\n00:00:00.000", "text/vtt"],
  ["output=tsv", "start\tend\ttext\n0\t1500\tHello", "text/tab-separated-values"],
])("?%s has the output of its format", async (query, start, type) => {
  const answer = await asr(query);
  expect(answer.text).toStartWith(start);
  expect(answer.type).toBe(`${type}; charset=utf-8`);
});

test("json has the segments of Whisper, and words if the request asks for them", async () => {
  const answer = await asr("output=json&word_timestamps=true");
  expect(answer.type).toBe("application/json");
  expect(JSON.parse(answer.text)).toMatchObject({
    text: "Hello, world. Good-bye!",
    language: "en",
    segments: [
      { id: 0, start: 0, end: 1.5, words: [{ word: " Hello,", start: 0, end: 0.5 }, {}] },
      { id: 1, text: " Good-bye!" },
    ],
  });
  expect(answer.job?.options.words).toBe(true);
  expect((await asr("output=srt&word_timestamps=true")).job?.options.words).toBe(false);
});

test("the query parameters become options of the job", async () => {
  const { job } = await asr(
    "task=translate&language=de&initial_prompt=Dear%20Ann&vad_filter=false&encode=true&model=small",
  );
  expect(job?.options).toMatchObject({ task: "translate", language: "de", prompt: "Dear Ann" });
  expect(job?.options.vad).toBeNull();
  expect(job?.model.id).toBe("small");
});

test("encode=false reads samples of 16 bits at 16 kHz without a header", async () => {
  const { job } = await asr("encode=false", formOf({ audio_file: audio("samples") }));
  const header = Buffer.from(job?.audio ?? "", "latin1");
  expect(header.subarray(44).toString("latin1")).toBe("samples");
  expect(header.toString("latin1", 0, 4) + header.toString("latin1", 8, 16)).toBe("RIFFWAVEfmt ");
  expect([header.readUInt16LE(20), header.readUInt16LE(22), header.readUInt32LE(24)]).toEqual([
    1, 1, 16_000,
  ]);
  expect([header.readUInt32LE(28), header.readUInt16LE(32), header.readUInt16LE(34)]).toEqual([
    32_000, 2, 16,
  ]);
});

test.each([
  ["task=sing", ["query", "task"], /task "sing": expected transcribe, translate/],
  ["output=xml", ["query", "output"], /output "xml": expected txt, vtt, srt, tsv, json/],
  ["language=xx", ["query", "language"], /language "xx"/],
  ["diarize=true", ["query", "diarize"], /does not recognize speakers/],
  ["min_speakers=2", ["query", "min_speakers"], /does not recognize speakers/],
  ["encode=maybe", ["query", "encode"], /expected true or false/],
  ["output=srt&output=txt", ["query", "output"], /more than once/],
  ["language=de&language=en", ["query", "language"], /more than once/],
])("?%s is a validation error of FastAPI", async (query, loc, says) => {
  const { status, text, job } = await asr(query);
  expect(status).toBe(422);
  expect(JSON.parse(text)).toEqual({
    detail: [{ type: expect.any(String), loc, msg: expect.stringMatching(says) }],
  });
  expect(job).toBeUndefined();
});

test("a form without the audio, or with other fields, is a validation error", async () => {
  for (const form of [
    formOf({}),
    formOf({ file: audio() }),
    formOf({ language: "de", audio_file: audio() }),
    formOf({ audio_file: audio("") }),
  ]) {
    const { status, text, job } = await asr("", form);
    expect([status, job]).toEqual([422, undefined]);
    expect(JSON.parse(text)).toMatchObject({ detail: [{ loc: ["body", expect.any(String)] }] });
  }
});

test("an unknown model is one message", async () => {
  const { status, text } = await asr("model=absent");
  expect([status, JSON.parse(text)]).toEqual([404, { detail: 'There is no model "absent"' }]);
});
