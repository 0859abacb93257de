/** Tests the fields and the responses of POST /inference. */
import { expect, test } from "bun:test";
import { audio, formOf, openApp } from "../app.ts";
import { twoSegments } from "./requests.ts";

type Fields = Readonly<Record<string, string>>;

async function infer(fields: Fields, transcript = twoSegments) {
  using app = openApp({ transcribe: () => Promise.resolve(transcript) });
  const body = formOf({ file: audio(), ...fields });
  const response = await app.send("/inference", { method: "POST", body });
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    text: await response.text(),
    options: app.jobs[0]?.options,
    asked: app.asked,
  };
}

test("json and text contain one line for each segment", async () => {
  const lines = " Hello, world.\n Good-bye!\n";
  expect(JSON.parse((await infer({})).text)).toEqual({ text: lines });
  const text = await infer({ response_format: "text" });
  expect([text.type, text.text]).toEqual(["text/plain; charset=utf-8", lines]);
});

test("srt and vtt are those of the other routes", async () => {
  const srt = await infer({ response_format: "srt" });
  expect(srt.type).toBe("application/x-subrip; charset=utf-8");
  expect(srt.text).toStartWith("1\n00:00:00,000 --> 00:00:01,500\nHello, world.\n\n2\n");
  const vtt = await infer({ response_format: "vtt" });
  expect(vtt.type).toBe("text/vtt; charset=utf-8");
  expect(vtt.text).toStartWith("WEBVTT\n\n00:00:00.000 --> ");
});

test("verbose_json has the words in their segments", async () => {
  const { text } = await infer({ response_format: "verbose_json" });
  expect(JSON.parse(text)).toEqual({
    task: "transcribe",
    language: "english",
    duration: 4.5,
    text: " Hello, world.\n Good-bye!\n",
    segments: [
      {
        id: 0,
        seek: 0,
        start: 0,
        end: 1.5,
        text: " Hello, world.",
        tokens: [400, 370, 11],
        temperature: 0,
        avg_logprob: -0.1,
        compression_ratio: 0.9,
        no_speech_prob: 0.01,
        words: [
          { word: " Hello,", start: 0, end: 0.5 },
          { word: " world.", start: 0.6, end: 1.6 },
        ],
      },
      expect.objectContaining({ id: 1, words: [{ word: " Good-bye!", start: 2.001, end: 3 }] }),
    ],
  });
  const untimed = await infer({ response_format: "verbose_json", no_timestamps: "true" });
  expect(untimed.text).not.toContain('"start"');
});

test("the fields of whisper.cpp's server become options of the job", async () => {
  const { options, asked } = await infer({
    translate: "true",
    language: "de",
    prompt: "Dear",
    temperature: "0.0",
    temperature_inc: "0.2",
    beam_size: "3",
    vad: "true",
    vad_threshold: "0.7",
    vad_max_speech_duration_s: "20",
    no_speech_thold: "0.60",
    model: "small",
  });
  expect(options).toMatchObject({
    task: "translate",
    language: "de",
    prompt: "Dear",
    temperature: 0,
    temperatureFallback: true,
    beamSize: 3,
    vad: { threshold: 0.7, maxSpeechS: 20 },
  });
  expect(asked).toEqual(["small"]);
  expect((await infer({ vad: "false", language: "auto" })).options).toMatchObject({
    vad: null,
    language: null,
  });
});

test.each<[Fields, RegExp]>([
  [{ diarize: "true" }, /diarize "true": this server does not recognize speakers; send false/],
  [{ offset_t: "500" }, /offset_t "500": this server does not skip audio; send 0/],
  [{ no_speech_thold: "0.5" }, /send 0\.6/],
  [{ response_format: "xml" }, /response_format "xml": expected json, text/],
  [{ translate: "maybe" }, /translate "maybe": expected true or false/],
  [{ temperature: "hot" }, /temperature "hot": expected a number/],
  [{ vad_threshold: "2" }, /vad_threshold "2": expected a number from/],
  [{ vad: "maybe" }, /Cannot use the vad "maybe"/],
  [{ language: "xx" }, /language "xx"/],
  [{ language: "de", detect_language: "true" }, /detect_language together with language/],
  [{ response_format: "srt", no_timestamps: "true" }, /subtitles have times/],
  [{ stream: "true" }, /parameter "stream": expected response_format, translate/],
  [{ model: "absent" }, /There is no model "absent"/],
])("%p is rejected", async (fields, says) => {
  const { text, options } = await infer(fields);
  expect(JSON.parse(text)).toEqual({ error: expect.stringMatching(says) });
  expect(options).toBeUndefined();
});

test("a repeated field is rejected", async () => {
  using app = openApp();
  for (const name of ["translate", "language"]) {
    const body = formOf({ file: audio() });
    body.append(name, name === "translate" ? "true" : "de");
    body.append(name, name === "translate" ? "true" : "de");
    const response = await app.send("/inference", { method: "POST", body });
    expect(await response.json()).toEqual({ error: expect.stringContaining("more than once") });
  }
  expect(app.jobs).toEqual([]);
});
