/**
 * Tests audio files from real users: damaged files, files with wrong header fields, files with tags before or after the
 * audio, and stereo whose mix is silence.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { countWordErrors } from "../../src/transcript/word-errors.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";

setDefaultTimeout(120_000);

const spoken = "Agent login. Please enter your agent number followed by the pound key.";
const continuation = "13-mediarecorder-second-chunk.webm";

/** Returns the number of wrong words. Whether the model writes "login" or "log in" depends on the CPU. */
function wrongWords(text: string): number {
  const spellings = [spoken, spoken.replace("login", "log in")];
  return Math.min(...spellings.map((expected) => countWordErrors(expected, text).wrong));
}

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: nullEngine });
});
afterAll(() => server[Symbol.asyncDispose]());

// The numbers are durations in seconds. 01c is shorter by 20 ms, because its damaged block is left out. 07a contains a
// shorter recording than the other files.
test.each([
  ["01a-webm-crlf-behind.webm", 4.907],
  ["01c-webm-one-bad-byte-in-last-block.webm", 4.887],
  ["02a-phase-inverted.ogg", 4.907],
  ["02d-phase-inverted-with-noise.flac", 4.907],
  ["05a-wav-blockalign-in-bits.wav", 4.907],
  ["05b-wav-mono-blockalign-of-stereo.wav", 4.907],
  ["07a-flac-id3v1-behind.flac", 4.608],
  ["09-float-wav-of-int16-range.wav", 4.907],
  ["11a-wav-behind-id3.wav", 4.907],
  ["12-refused-a-aac.ts", 4.946],
])("the server transcribes all of %s", async (name, durationS) => {
  const { text, duration } = await server.client().audio.transcriptions.create({
    file: caseFile(name),
    model: "base",
    language: "en",
    response_format: "verbose_json",
  });
  expect(wrongWords(text), text).toBe(0);
  expect(duration).toBeCloseTo(durationS, 2);
});

test.each([
  ["03a-default-ac3-second-aac.mp4", { vad: "on" }, 2],
  ["04a-no-default-tone-mono-speech-stereo.mkv", { vad: "on" }, 2],
  ["04c-obs-silent-first-track.mp4", { vad: "on" }, 2],
  ["04c-obs-silent-first-track.mp4", { audio_track: "2", vad: "off" }, 2],
])(
  "the server transcribes the track with speech of %s with the fields %j",
  async (name, fields, track) => {
    const form = formOf({
      file: caseFile(name),
      model: "base",
      language: "en",
      response_format: "verbose_json",
      ...fields,
    });
    const answer = (await (await server.post(form)).json()) as {
      text: string;
      audio_track: number;
    };
    expect(wrongWords(answer.text), answer.text).toBe(0);
    expect(answer.audio_track).toBe(track);
    await until("the log names the track", () =>
      new RegExp(`audio_track[":= ]+${track}`).test(server.log()),
    );
  },
);

test("the server transcribes a film in 5.1, whose speech is in the center", async () => {
  const file = caseFile("12-refused-a-aac51.mp4");
  const fields = { file, model: "base", language: "en", response_format: "verbose_json" };
  const { text, duration } = (await (await server.post(formOf(fields))).json()) as {
    text: string;
    duration: number;
  };
  expect(wrongWords(text), text).toBe(0);
  expect(duration).toBeCloseTo(4.907, 2);
});

test.each([
  "08a-audio-starts-2s-late.mkv",
  "08b-audio-starts-2s-late.mp4",
  "08c-audio-starts-2s-late.ts",
  "08d-audio-starts-2s-late-fragmented.mp4",
])("times, duration and usage of %s count from the start of the video", async (name) => {
  const fields = { file: caseFile(name), model: "base", language: "en", vad: "on" };
  const form = formOf({ ...fields, response_format: "verbose_json" });
  const { text, duration, usage, segments } = (await (await server.post(form)).json()) as {
    text: string;
    duration: number;
    usage: object;
    segments: { start: number; end: number }[];
  };
  expect(wrongWords(text), text).toBe(0);
  expect(duration).toBeWithin(6.85, 7);
  expect(usage).toEqual({ type: "duration", seconds: 7 });
  expect(segments[0]?.start).toBeWithin(2, 2.5);
  expect(segments.at(-1)?.end).toBeWithin(6, 7);
  const srt = await (await server.post(formOf({ ...fields, response_format: "srt" }))).text();
  expect(srt).toStartWith("1\n00:00:02,");
});

test("the command `transcribe` names the track that it chose", async () => {
  using commandLine = openCommandLine();
  const path = join(repository, "test/audio/cases/04c-obs-silent-first-track.mp4");
  const args = ["transcribe", path, "--language", "en", "--beam", "1"];
  const chosen = await commandLine.run(args);
  expect(chosen.stdout).toMatch(/agent number/iu);
  expect(chosen.stderr).toContain("Transcribed audio track 2 of");
  expect((await commandLine.run([...args, "--audio-track", "1"])).stdout).toBe("\n");
  const { code, stderr } = await commandLine.run([...args, "--audio-track", "0"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("expected auto or a whole number")]);
});

test("a request chooses a track without speech", async () => {
  const file = caseFile("04c-obs-silent-first-track.mp4");
  const fields = { response_format: "verbose_json", audio_track: "1", vad: "on" };
  const form = formOf({ file, model: "base", ...fields });
  expect(await (await server.post(form)).json()).toMatchObject({ text: "", audio_track: 1 });
});

test("the error for a missing track contains the number of tracks", async () => {
  const file = caseFile("04c-obs-silent-first-track.mp4");
  const response = await server.post(formOf({ file, model: "null:echo", audio_track: "3" }));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: {
      code: "invalid_request",
      param: "audio_track",
      message: "Cannot decode audio track 3: the file has 2 audio tracks",
    },
  });
});

test("the server rejects a webm without its beginning, and the message explains what to send", async () => {
  const response = await server.post(formOf({ file: caseFile(continuation), model: "null:echo" }));
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: { message: string } };
  expect(error.message).toContain(
    "a webm without its beginning: send the recording from its first chunk",
  );
});

// --- internal ---

function caseFile(name: string): File {
  return new File([Bun.file(join(repository, "test/audio/cases", name))], name);
}
