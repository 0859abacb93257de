/** Tests how the jobs of the channels of one recording become one job. */
import { afterAll, expect, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import { collect } from "../../src/jobs/collect.ts";
import type { JobEvent } from "../../src/jobs/events.ts";
import type { Job } from "../../src/jobs/job.ts";
import { unlessAborted } from "../../src/platform/abort.ts";
import { eachChannel } from "../../src/supervisor/each-channel.ts";
import { JobStream } from "../../src/supervisor/job-stream.ts";
import { plainFacts } from "../transcript/plain-facts.ts";
import { failureOf, ScriptedModels } from "./scripted-model.ts";
import { noWork } from "../../src/ipc/work.ts";

const models = new ScriptedModels();
afterAll(() => models[Symbol.asyncDispose]());

type Script = (job: Job) => AsyncGenerator<JobEvent>;

/** Runs the scripts of the channels 1, 2, ... as one job. */
function streamOf(...scripts: readonly Script[]) {
  const opened: Job[] = [];
  const plain = models.job("");
  const job = { ...plain, options: { ...plain.options, channel: "each" as const, words: true } };
  const open = (one: Job) => {
    opened.push(one);
    return scripts[Number(one.options.channel) - 1]!(one);
  };
  return { opened, stream: new JobStream(job, eachChannel(open)) };
}

const progress = (doneS: number, channels: number): JobEvent => ({
  type: "progress",
  doneS,
  totalS: 40,
  channels,
  processedS: doneS,
});

/** A channel of a recording of 40 s with `channels` channels. Each segment has a length of 1 s and is one word. */
function channelOf(channels: number, starts: readonly number[], language = "en"): Script {
  return async function* script() {
    yield { type: "started" };
    yield progress(0, channels);
    const segments = starts.map((startS, id) => ({ ...at(startS), ...plainFacts, id }));
    for (const segment of segments) {
      yield { type: "segment", segment };
      yield progress(segment.endS, channels);
    }
    yield { type: "work", work: { ...noWork, decode: 1, encoder: 2 } };
    const words = starts.map(at);
    const input = { audioFrames: 10, promptTokens: 3 };
    const facts = { task: "transcribe", text: "", language, durationS: 40 } as const;
    yield { type: "done", transcript: { ...facts, segments, words, input } };
  };
}

function at(startS: number) {
  return { text: ` ${startS}`, startS, endS: startS + 1 };
}

test("segments and words of all channels are in order of time, with the number of their channel", async () => {
  const { stream, opened } = streamOf(
    channelOf(3, [1, 2, 20]),
    channelOf(3, []),
    channelOf(3, [0, 1.5, 30], "fr"),
  );
  const events: JobEvent[] = [];
  const transcript = await collect(stream, (event) => events.push(event));
  expect(transcript.segments.map(({ id, startS, channel }) => [id, startS, channel])).toEqual([
    [0, 0, 3],
    [1, 1, 1],
    [2, 1.5, 3],
    [3, 2, 1],
    [4, 20, 1],
    [5, 30, 3],
  ]);
  const sent = events.flatMap((event) => (event.type === "segment" ? event.segment : []));
  expect(sent).toEqual([...transcript.segments]);
  expect(transcript.text).toBe(
    "Channel 3: 0\nChannel 1: 1\nChannel 3: 1.5\nChannel 1: 2 20\nChannel 3: 30",
  );
  expect(transcript.words?.map(({ startS, channel }) => [startS, channel])).toEqual([
    [0, 3],
    [1, 1],
    [1.5, 3],
    [2, 1],
    [20, 1],
    [30, 3],
  ]);
  expect(transcript.input).toEqual({ audioFrames: 30, promptTokens: 3 });
  expect(transcript.durationS).toBe(40);
  expect(opened.map(({ options }) => options.channel)).toEqual([1, 2, 3]);
  expect(events.findLast(({ type }) => type === "work")).toMatchObject({
    work: { decode: 3, encoder: 6 },
  });
});

test("a segment is sent only when no earlier segment of another channel can follow", async () => {
  const { promise: slow, resolve } = Promise.withResolvers<void>();
  const { stream } = streamOf(channelOf(2, [5, 6]), async function* second(job) {
    yield progress(0, 2);
    await slow;
    yield* channelOf(2, [4])(job);
  });
  const starts: number[] = [];
  const ended = collect(stream, (event) => {
    if (event.type === "segment") starts.push(event.segment.startS);
  });
  await Bun.sleep(20);
  expect(starts).toEqual([]);
  resolve();
  await ended;
  expect(starts).toEqual([4, 5, 6]);
});

test("of segments with the same start, the lower channel comes first, even if it is slower", async () => {
  const { promise: slow, resolve } = Promise.withResolvers<void>();
  const first: Script = async function* script(job) {
    yield progress(0, 2);
    await slow;
    yield* channelOf(2, [0, 3])(job);
  };
  const { stream } = streamOf(first, channelOf(2, [0, 3]));
  const ended = collect(stream);
  await Bun.sleep(20);
  resolve();
  const { segments } = await ended;
  expect(segments.map(({ startS, channel }) => [startS, channel])).toEqual([
    [0, 1],
    [0, 2],
    [3, 1],
    [3, 2],
  ]);
});

test("progress is that of the slowest channel, and never goes backwards", async () => {
  const { stream } = streamOf(channelOf(2, [5, 20, 38]), channelOf(2, [10, 30]));
  const doneS: number[] = [];
  await collect(stream, (event) => {
    if (event.type === "progress") doneS.push(event.doneS);
  });
  expect(doneS).toEqual([...doneS].sort((a, b) => a - b));
});

test("the language is that of the channel with the most speech", async () => {
  const { stream } = streamOf(channelOf(2, [1], "de"), channelOf(2, [2, 3], "fr"));
  expect((await collect(stream)).language).toBe("fr");
});

test("a recording with one channel has one job", async () => {
  const { stream, opened } = streamOf(channelOf(1, [1]));
  expect((await collect(stream)).text).toBe("Channel 1: 1");
  expect(opened).toHaveLength(1);
});

test("the failure of one channel stops the others, and is the failure of the job", async () => {
  let stopped = 0;
  const waits: Script = async function* first({ signal }) {
    yield progress(0, 2);
    try {
      await unlessAborted(new Promise<never>(() => {}), signal);
    } finally {
      stopped++;
    }
  };
  const { stream } = streamOf(waits, async function* second() {
    yield progress(0, 2);
    throw new AsrError("invalid_audio", "damaged");
  });
  expect(await failureOf(collect(stream))).toMatchObject({ code: "invalid_audio" });
  expect(stopped).toBe(1);
});

test("more than eight channels are rejected", async () => {
  const { stream, opened } = streamOf(channelOf(9, [1]));
  expect(await failureOf(collect(stream))).toMatchObject({
    code: "unsupported_value",
    param: "channel",
    message: expect.stringContaining("each of 9 channels: the maximum is 8"),
  });
  expect(opened).toHaveLength(1);
});
