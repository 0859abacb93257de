/**
 * Tests the decoding with a real ffmpeg: formats, tracks and late audio. The server and the command line use the pinned
 * ffmpeg of the tests.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { countWordErrors } from "../../src/transcript/word-errors.ts";
import { installTestFfmpeg } from "../ffmpeg/install.ts";
import { openCommandLine } from "./command.ts";
import { openScratch, repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";

setDefaultTimeout(240_000);

const spoken = "Agent login. Please enter your agent number followed by the pound key.";
const speech = join(repository, "test/audio/cases/07a-flac-id3v1-behind.flac");
const longSpeech = join(repository, "test/audio/long_en.ogg");
const ac3 = join(repository, "test/audio/cases/12-refused-a-ac3.mkv");

let ffmpeg: string;
let server: TestServer;
const scratch = openScratch();
beforeAll(async () => {
  ffmpeg = await installTestFfmpeg();
  server = await startServer({ environment: nullEngine, flags: ["--ffmpeg", ffmpeg] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  scratch[Symbol.dispose]();
});

/** Creates a file with ffmpeg and returns its path. */
async function made(name: string, args: readonly string[]): Promise<string> {
  const path = join(scratch.folder, name);
  const command = [ffmpeg, "-v", "error", ...args, path];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  if ((await child.exited) !== 0) throw new Error(await child.stderr.text());
  return path;
}

async function answerTo(path: string, fields: Readonly<Record<string, string>> = {}) {
  const file = Bun.file(path);
  const form = formOf({ file, model: "null:echo", response_format: "verbose_json", ...fields });
  const response = await server.post(form);
  const answer = (await response.json()) as Record<string, unknown>;
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}

test("the server transcribes speech in AC-3", async () => {
  const { text, duration } = await answerTo(ac3, { model: "base", language: "en" });
  const heard = String(text).replace(/log in/iu, "login");
  expect(countWordErrors(spoken, heard), heard).toEqual({ wrong: 0, words: 12 });
  expect(duration).toBeCloseTo(4.91, 1);
  expect(server.log()).not.toContain(scratch.folder);
});

test.each([
  ["ac3.ac3", 0.313],
  ["ac3.mkv", 0.308],
  ["ac3.mp4", 0.308],
  ["g722.wav", 0.3],
  ["mpeg-ps.mpg", 0.287],
  ["wavpack.wv", 0.3],
  ["wma.wma", 0.279],
])("the server decodes all of %s", async (name, durationS) => {
  const { duration } = await answerTo(join(repository, "test/audio/formats/refused", name));
  expect(Math.abs(Number(duration) - durationS)).toBeLessThan(0.03);
});

test.each(["amr.amr", "amr.3gp"])("the server decodes %s, which is too short", async (name) => {
  const file = Bun.file(join(repository, "test/audio/formats/refused", name));
  const response = await server.post(formOf({ file, model: "null:echo" }));
  await expectError(response, { status: 400, code: "audio_too_short" });
});

test("the decoded samples equal those of the same audio in a supported format", async () => {
  const tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=0.5:sample_rate=16000"];
  const tta = await made("tone.tta", [...tone, "-c:a", "tta"]);
  const wav = await made("tone.wav", [...tone, "-c:a", "pcm_s16le"]);
  const fields = { prompt: "samples" };
  const expected = await answerTo(wav, fields);
  expect(String(expected["text"]).length).toBe(4 * 8000);
  expect((await answerTo(tta, fields))["text"]).toBe(expected["text"]);
});

test("the index of an mp4 file may be at its end", async () => {
  const args = ["-i", speech, "-c:a", "ac3", "-movflags", "-faststart"];
  const path = await made("index-at-end.mp4", args);
  const bytes = Buffer.from(await Bun.file(path).arrayBuffer());
  expect(bytes.indexOf("moov")).toBeGreaterThan(bytes.indexOf("mdat"));
  expect((await answerTo(path))["duration"]).toBeCloseTo(4.64, 1);
});

test("`audio_track` chooses the track that ffmpeg decodes", async () => {
  const tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"];
  const tracks = ["-map", "0", "-map", "1", "-c:a", "ac3"];
  const inputs = [...tone, "-i", speech, ...tracks];
  const path = await made("two-tracks.mkv", inputs);
  expect(await answerTo(path, { audio_track: "2" })).toMatchObject({ audio_track: 2 });
  expect((await answerTo(path, { audio_track: "2" }))["duration"]).toBeCloseTo(4.6, 1);
  expect((await answerTo(path, { audio_track: "1" }))["duration"]).toBeCloseTo(1, 1);
  const avi = await made("two-tracks.avi", inputs);
  expect((await answerTo(avi, { audio_track: "2" }))["duration"]).toBeCloseTo(4.6, 1);
  const third = { model: "null:echo", audio_track: "3" };
  for (const file of [path, avi]) {
    const response = await server.post(formOf({ file: Bun.file(file), ...third }));
    await expectError(response, { status: 400, code: "invalid_request", param: "audio_track" });
  }
});

test("the next track is decoded if the chosen one contains no speech", async () => {
  const silence = ["-f", "lavfi", "-i", "anullsrc=r=16000:cl=stereo:d=2"];
  const tracks = ["-map", "0", "-map", "1", "-map", "0", "-c:a", "ac3"];
  const path = await made("silent-first.mkv", [...silence, "-i", speech, ...tracks]);
  const answer = await answerTo(path, { model: "base", language: "en", vad: "on" });
  expect(answer).toMatchObject({ audio_track: 2 });
  expect(String(answer["text"])).toMatch(/agent number/iu);
  const silent = await made("silent.mkv", [...silence, "-map", "0", "-map", "0", "-c:a", "ac3"]);
  const fields = { model: "base", language: "en", vad: "on" };
  expect(await answerTo(silent, fields)).toMatchObject({ audio_track: 1, text: "" });
});

test("silence precedes audio that starts later than the video", async () => {
  const video = ["-f", "lavfi", "-i", "color=size=32x32:duration=3:rate=5", "-c:v", "mpeg4"];
  const late = ["-itsoffset", "2", "-i", speech, "-map", "0", "-map", "1", "-c:a", "ac3"];
  const path = await made("late.mkv", [...video.slice(0, 4), ...late, ...video.slice(4)]);
  expect((await answerTo(path))["duration"]).toBeCloseTo(6.6, 1);
});

test("a job resumes alike when its runner dies", async () => {
  const path = await made("long.mkv", ["-i", longSpeech, "-t", "100", "-c:a", "ac3"]);
  const fields = { prompt: "sleep 1000; say word", language: "en" };
  const alone = await answerTo(path, fields);
  const interrupted = answerTo(path, fields);
  await until("the upload is on disk", () => server.spooled().length === 1);
  // ffmpeg and the first chunk take less than this time, and all chunks together take longer.
  await Bun.sleep(2000);
  expect(server.spooled()).toHaveLength(1);
  const [runner] = server.runners();
  process.kill(runner!, "SIGKILL");
  expect(await interrupted).toEqual(alone);
  expect(server.runners()).not.toContain(runner);
});

test("audio beyond the maximum length is too long", async () => {
  const limits = { OPEN_ASR_SERVER_MAX_AUDIO_SECONDS: "2" };
  const environment = { ...nullEngine, ...limits, OPEN_ASR_FFMPEG: ffmpeg };
  await using short = await startServer({ environment });
  const response = await short.post(formOf({ file: Bun.file(ac3), model: "null:echo" }));
  await expectError(response, { status: 400, code: "audio_too_long", says: /MAX_AUDIO_SECONDS/u });
});

test("`transcribe` uses the ffmpeg in PATH, and a server only if it is allowed", async () => {
  await Bun.$`mkdir -p ${join(scratch.folder, "bin")} && ln -sf ${ffmpeg} ${join(scratch.folder, "bin/ffmpeg")}`;
  const environment = { PATH: join(scratch.folder, "bin") };
  using commandLine = openCommandLine(nullEngine);
  const args = ["transcribe", ac3, "--model", "null:echo", "--prompt", "say hello"];
  expect((await commandLine.run(args, { environment })).stdout).toBe("hello\n");
  const missing = await commandLine.run(args);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain("install ffmpeg on the machine that transcribes");
  const never = await commandLine.run([...args, "--ffmpeg", "never"], { environment });
  expect(never.stderr).toContain("the operator can allow it with --ffmpeg auto");
  await using other = await startServer({ environment: { ...nullEngine, ...environment } });
  const response = await other.post(formOf({ file: Bun.file(ac3), model: "null:echo" }));
  const says = /AC-3 in matroska.*the operator can allow it with --ffmpeg auto/u;
  await expectError(response, { status: 400, code: "unsupported_audio", says });
});

test("`doctor` names the version of ffmpeg and the commands that use it", async () => {
  using commandLine = openCommandLine();
  const { stdout } = await commandLine.run(["doctor", "--json", "--ffmpeg", ffmpeg]);
  expect(JSON.parse(stdout)).toMatchObject({
    ffmpeg: {
      path: ffmpeg,
      version: expect.stringContaining("7."),
      used_by: ["serve", "transcribe"],
    },
  });
  const wrong = await commandLine.run(["serve", "--ffmpeg", "./nothing"]);
  expect(wrong.stderr).toContain("expected auto, never or the path of a program");
});
