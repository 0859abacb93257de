/**
 * Tests that audio without speech gives an empty transcript, at any level, for durations of seconds and minutes, and in
 * all response formats.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { TranscriptionVerbose } from "openai/resources/audio/transcriptions";
import { recording } from "../backends/recording.ts";
import { contractErrors } from "../contract/contract.ts";
import { isFull } from "../full.ts";
import { repository } from "./executable.ts";
import { formOf, startServer, type TestServer } from "./server.ts";
import {
  atLevel,
  brownNoise,
  clicks,
  dithered,
  drums,
  hum,
  keyTones,
  music,
  organ,
  piano,
  pinkNoise,
  roomTone,
  type Sound,
  sweep,
  ticking,
  tone,
  whiteNoise,
} from "./unspoken.ts";
import { wavOf } from "./wav.ts";

setDefaultTimeout(300_000);

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const rate = 16_000;
const levels = [-90, -70, -60, -50, -40, -30, -20, -12, -6];
const nothing: Sound = (count) => new Float32Array(count);

const sounds: readonly (readonly [string, Sound])[] = [
  ["digital silence", nothing],
  ["room tone", roomTone],
  ["white noise", whiteNoise],
  ["pink noise", pinkNoise],
  ["brown noise", brownNoise],
  ["a low tone", tone(110)],
  ["a tone", tone(440)],
  ["a high tone", tone(4000)],
  ["a rising tone", sweep],
  ["the keys of a telephone", keyTones],
  ["the hum of 50 Hz", hum(50)],
  ["the hum of 60 Hz", hum(60)],
  ["clicks", clicks],
  ["a ticking clock", ticking],
  ["chords of an organ", organ],
  ["chords of a piano", piano],
  ["drums", drums],
  ["drums and chords", music],
];

function fileOf(sound: Float32Array): File {
  return wavOf(sound.length / rate, (n) => sound[n]!);
}

async function verbose(file: File): Promise<TranscriptionVerbose> {
  const response = await server.post(formOf({ file, response_format: "verbose_json" }));
  expect(response.status).toBe(200);
  return (await response.json()) as TranscriptionVerbose;
}

describe("the transcript of audio without speech is empty:", () => {
  test.each(sounds)("%s of 12 s at every level", async (_name, sound) => {
    const wholeS = 12;
    const made = sound(wholeS * rate, 1);
    const texts = await Promise.all(
      levels.map(async (dbfs) => [dbfs, (await verbose(fileOf(atLevel(made, dbfs)))).text]),
    );
    expect(texts).toEqual(levels.map((dbfs) => [dbfs, ""]));
  });

  test.each(sounds)("%s of 5 s with the dither of 16-bit audio", async (_name, sound) => {
    for (const dbfs of [-70, -90]) {
      const made = dithered(atLevel(sound(5 * rate, 5), dbfs), 6);
      expect((await verbose(fileOf(made))).text, `${dbfs} dB`).toBe("");
    }
  });

  test.each(sounds)("%s of 5 s at -20 dB", async (_name, sound) => {
    const answer = await verbose(fileOf(atLevel(sound(5 * rate, 2), -20)));
    expect(answer).toMatchObject({ text: "", segments: [], duration: 5, language: "unknown" });
  });

  // These tests transcribe six hours of audio in total, so they run only in the full run.
  test.skipIf(!isFull).each(sounds)("%s of 10 minutes", async (_name, sound) => {
    const made = sound(600 * rate, 3);
    for (const dbfs of [-30, -12]) {
      const answer = await verbose(fileOf(atLevel(made, dbfs)));
      expect(answer, `${dbfs} dB`).toMatchObject({ text: "", segments: [], duration: 600 });
    }
  });

  test("a recording of an empty room", async () => {
    const file = Bun.file(join(repository, "test/audio/noise_20s.flac"));
    expect((await verbose(new File([file], "room.flac"))).text).toBe("");
  });
});

describe.each([
  ["silence", nothing],
  ["noise", pinkNoise],
  ["music", music],
] as const)("the empty transcript of %s", (_name, sound) => {
  const file = fileOf(atLevel(sound(5 * rate, 4), -20));

  test.each([
    ["json", "application/json", '{"text":"","usage":{"type":"duration","seconds":5}}'],
    ["text", "text/plain; charset=utf-8", ""],
    ["srt", "text/plain; charset=utf-8", ""],
    ["vtt", "text/vtt; charset=utf-8", "WEBVTT\n"],
  ])("has a correct body in the format %s", async (response_format, contentType, body) => {
    const response = await server.post(formOf({ file, response_format }));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(contentType);
    expect(await response.text()).toBe(body);
  });

  test("conforms to OpenAI's schema, with and without words", async () => {
    const { transcriptions } = server.client().audio;
    const json = await transcriptions.create({ file, model: "base" });
    expect(contractErrors("CreateTranscriptionResponseJson", json)).toBeNull();
    const whole = (await transcriptions.create({
      file,
      model: "base",
      response_format: "verbose_json",
      timestamp_granularities: ["word", "segment"],
    })) as TranscriptionVerbose;
    expect(contractErrors("CreateTranscriptionResponseVerboseJson", whole)).toBeNull();
    expect(whole).toMatchObject({ text: "", words: [], segments: [], duration: 5 });
  });
});

test("the server transcribes speech between two silences, with times counted from the start of the file", async () => {
  const speech = recording("en_vm-nobox.flac");
  const beforeS = 20;
  const durationS = beforeS + speech.length / rate + 20;
  const { text, segments } = await verbose(
    wavOf(durationS, (n) => speech[n - beforeS * rate] ?? 0),
  );
  expect(text).toMatch(/sender does not have a mailbox/iu);
  expect(segments![0]!.start).toBeWithin(beforeS - 0.5, beforeS + 1);
  expect(segments!.at(-1)!.end).toBeLessThan(beforeS + speech.length / rate + 0.6);
});
