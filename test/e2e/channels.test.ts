/** Tests recordings with one speaker per channel, for example of calls. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { countWordErrors } from "../../src/transcript/word-errors.ts";
import { recording } from "../backends/recording.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { stereoWavOf, tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

/** Speech of the left channel, which starts at 0 s, and of the right one, which starts at 3 s. They overlap. */
const left =
  "That agent is already logged on. Please enter your agent number followed by the pound key.";
const right = "You have entered too many invalid personal identification numbers.";

let server: TestServer;
let call: File;
beforeAll(async () => {
  server = await startServer({ environment: nullEngine });
  const first = recording("en_agent-alreadyon.flac");
  const second = recording("en_confbridge-pin-bad.flac");
  const late = new Float32Array(3 * 16_000 + second.length);
  late.set(second, 3 * 16_000);
  call = stereoWavOf(first, late);
});
afterAll(() => server[Symbol.asyncDispose]());

const base = { model: "base", language: "en" };

interface Verbose {
  readonly text: string;
  readonly duration: number;
  readonly usage: object;
  readonly words: readonly { word: string; start: number; channel: number }[];
  readonly segments: readonly { id: number; start: number; channel: number; text: string }[];
}

const post = async (fields: Readonly<Record<string, string | Blob>>): Promise<Response> =>
  await server.post(formOf(fields));

test.each([
  ["left", left],
  ["1", left],
  ["right", right],
  ["2", right],
])("channel=%s transcribes one speaker", async (channel, spoken) => {
  const { text } = (await (await post({ ...base, file: call, channel })).json()) as Verbose;
  expect(countWordErrors(spoken, text), text).toMatchObject({ wrong: 0 });
});

test.each(["on", "off"])(
  "channel=each names the channel of each speaker, with vad=%s",
  async (vad) => {
    const answer = (await (
      await post({
        ...base,
        file: call,
        channel: "each",
        vad,
        response_format: "verbose_json",
        "timestamp_granularities[]": "word",
      })
    ).json()) as Verbose;
    const { duration, usage, words } = answer;
    expect([duration, usage]).toEqual([expect.closeTo(7.739, 1), { type: "duration", seconds: 8 }]);
    const said = (channel: number) =>
      words.filter((word) => word.channel === channel).map(({ word }) => word);
    expect(countWordErrors(left, said(1).join(" "))).toMatchObject({ wrong: 0 });
    expect(countWordErrors(right, said(2).join(" "))).toMatchObject({ wrong: 0 });
    const starts = words.map(({ start }) => start);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  },
);

test("the center of a film in 5.1 is channel 3, and only it has speech", async () => {
  const file = Bun.file(join(repository, "test/audio/cases/12-refused-a-aac51.mp4"));
  const spoken = "Agent login. Please enter your agent number followed by the pound key.";
  const fields = { ...base, file, vad: "on", response_format: "verbose_json" };
  const center = (await (await post({ ...fields, channel: "3" })).json()) as Verbose;
  expect(countWordErrors(spoken, center.text)).toMatchObject({ wrong: 0 });
  const { segments, duration } = (await (
    await post({ ...fields, channel: "each" })
  ).json()) as Verbose;
  expect(new Set(segments.map(({ channel }) => channel))).toEqual(new Set([3]));
  expect(duration).toBeCloseTo(4.907, 2);
});

test("every format names the channels", async () => {
  const fields = { ...base, file: call, channel: "each", vad: "on" };
  const read = async (format: string) =>
    await (await post({ ...fields, response_format: format })).text();
  const verbose = JSON.parse(await read("verbose_json")) as Verbose;
  const channels = verbose.segments.map(({ channel }) => channel);
  expect(new Set(channels)).toEqual(new Set([1, 2]));
  expect(verbose.segments.map(({ id }) => id)).toEqual(channels.map((_, id) => id));
  const text = await read("text");
  expect(text).toMatch(/^Channel 1: That agent .*\nChannel 2: You have /u);
  expect(JSON.parse(await read("json"))).toMatchObject({ text });
  expect(await read("srt")).toMatch(/^1\n00:00:0.* --> .*\nChannel 1: That agent/u);
  expect(await read("vtt")).toMatch(/\n<v Channel 2>You have /u);
});

test("the deltas of a stream are in order of time, and joined they are the text", async () => {
  const response = await post({ ...base, file: call, channel: "each", vad: "on", stream: "true" });
  const events = (await response.text())
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map(
      (line) => JSON.parse(line.slice(6)) as { delta?: string; channel?: number; text?: string },
    );
  const deltas = events.filter(({ delta }) => delta !== undefined);
  expect(deltas[0]).toMatchObject({ channel: 1 });
  expect(new Set(deltas.map(({ channel }) => channel))).toEqual(new Set([1, 2]));
  expect(deltas.map(({ delta }) => delta).join("")).toBe(events.at(-1)?.text ?? "none");
});

test("a recording with a silent channel has the text of the other one", async () => {
  const file = stereoWavOf(new Float32Array(5 * 16_000), recording("en_agent-user.flac"));
  const { text } = (await (
    await post({ ...base, file, channel: "each", vad: "on" })
  ).json()) as Verbose;
  expect(text).toMatch(/^Channel 2: Agent login/iu);
  expect(text).not.toContain("Channel 1");
});

test("the error for a missing channel contains the number of channels", async () => {
  const mono = wavOf(0.5, tone);
  for (const [file, channel, has] of [
    [mono, "right", "only one channel"],
    [call, "3", "only 2 channels"],
  ] as const) {
    const response = await post({ file, model: "null:echo", channel });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "unsupported_value", param: "channel", message: expect.stringContaining(has) },
    });
  }
  const { text } = (await (await post({ ...base, file: mono, channel: "left" })).json()) as Verbose;
  expect(text).toBeString();
});

test("translations accept a channel", async () => {
  const form = formOf({ ...base, file: call, channel: "right" });
  const { text } = (await (
    await fetch(`${server.url}/v1/audio/translations`, { method: "POST", body: form })
  ).json()) as Verbose;
  expect(countWordErrors(right, text), text).toMatchObject({ wrong: 0 });
});

test("the command `transcribe` names the channels", async () => {
  using commandLine = openCommandLine();
  const path = join(commandLine.folder, "call.wav");
  await Bun.write(path, call);
  const args = ["transcribe", path, "--language", "en"];
  const each = await commandLine.run([...args, "--channel", "each", "--timestamps"]);
  expect(each.stdout).toMatch(/^\[00:00:0.*\] Channel 1: That agent/u);
  expect(each.stdout).toMatch(/\] Channel 2: You have/u);
  const { code, stderr } = await commandLine.run([...args, "--channel", "both"]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("expected one of mix, left, right, each"),
  ]);
});

test("both channels of a recording resume after their runner dies", async () => {
  await using shared = await startServer({ environment: nullEngine });
  const channel = new Float32Array(200 * 16_000).map((_, n) => tone(n));
  const file = stereoWavOf(channel, channel);
  const ask = async (prompt: string) => {
    const fields = { model: "null:echo", language: "en", channel: "each", prompt };
    const form = formOf({ file, response_format: "verbose_json", ...fields });
    return (await (await shared.post(form)).json()) as Verbose;
  };
  const alone = await ask("say word");
  expect(new Set(alone.segments.map(({ channel: number }) => number))).toEqual(new Set([1, 2]));
  const long = ask("sleep 300; say word");
  await until("the upload is on disk", () => shared.spooled().length === 1);
  await Bun.sleep(1000);
  process.kill(shared.runners()[0]!, "SIGKILL");
  expect(await long).toEqual(alone);
  expect(shared.log()).toContain("runner replaced");
});

test("a stream of a file with several audio tracks ends with the number of the track", async () => {
  const bytes = Bun.file(join(repository, "test/audio/cases/04c-obs-silent-first-track.mp4"));
  const file = new File([await bytes.arrayBuffer()], "tracks.mp4");
  const response = await post({ ...base, file, audio_track: "2", stream: "true" });
  expect(await response.text()).toMatch(/"transcript\.text\.done".*"audio_track":2/u);
});
