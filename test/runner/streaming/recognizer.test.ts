/**
 * Tests a streaming session: words and sentences across several feeds, gaps in the audio, the replay after a resume,
 * and the cleanup.
 */
import { describe, expect, test } from "bun:test";
import { AsrError } from "../../../src/errors.ts";
import type { Checkpoint } from "../../../src/ipc/protocol.ts";
import type { AudioChunk } from "../../../src/runner/audio/chunker.ts";
import type { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import { LanePool } from "../../../src/runner/engine/lanes.ts";
import type { Model } from "../../../src/runner/engine/asr-model.ts";
import { callGroup, capability, inputKind } from "../../../src/runner/engine/asr-structs.ts";
import type { ChunkResult } from "../../../src/runner/recognizer.ts";
import { StreamingRecognizer } from "../../../src/runner/streaming/recognizer.ts";
import { compressionRatio } from "../../../src/transcript/compression-ratio.ts";
import { errorOf } from "../../errors.ts";
import { plainOptions } from "../../ipc/plain-job.ts";
import { noTimes } from "../../../src/runner/engine/engine-times.ts";
import { lanesOfJob } from "../job.ts";
import { timed, vocabulary } from "../timed-tokens/tokens.ts";
import { info } from "../whisper/model.ts";

/** Id of the token that marks the end of an utterance. It is above the ids of all text tokens of the tests. */
const utteranceEnd = 1_000_000;

const modelOf = (capabilities = 0) =>
  ({
    info: {
      ...info,
      groups: callGroup.stream,
      input: inputKind.pcm24k,
      capabilities,
      tokenTextEnd: utteranceEnd,
    },
    tokenBytes: vocabulary.tokenBytes,
  }) as unknown as Model;
const model = modelOf();

const rate = 100;
/** Seconds of audio after a token that the engine needs before it returns the token. */
const delayS = 0.5;

type Piece = readonly [text: string, startS: number, endS: number];

/**
 * Tokens of the speech, which arrives in feeds of 2 s. The first feed contains two words, a full stop, and the start of
 * a third word. The third word ends in the second feed. More speech follows after a gap.
 */
const spoken: readonly Piece[] = [
  [" one", 0.25, 0.5],
  [" two", 0.75, 1],
  [".", 1, 1.25],
  [" lon", 1.5, 1.75],
  ["gest", 2.25, 2.5],
  [" three", 3, 3.25],
  [" four", 10.5, 10.75],
  [".", 11, 11.25],
];

/** Returns a chunk in which the value of each sample is the time of the sample in the file. */
function chunkOf(startS: number, durationS: number): AudioChunk {
  const samples = new Float32Array(new SharedArrayBuffer(4 * Math.round(durationS * rate)));
  samples.forEach((_, i) => (samples[i] = startS + i / rate));
  return { samples, startS, durationS, speech: null, speechProbs: null };
}

/**
 * A fake lane. The value of each sample is its time in the file. So the lane knows which times it has received, and
 * returns the tokens of `spoken` at these times.
 */
class FakeLane {
  readonly log: string[] = [];
  readonly open = new Map<number, { startS: number; processedS: number; given: number }>();
  threads = 0;
  calls = 0;
  fails: AsrError | null = null;

  readonly takeTimes = () => noTimes;
  #last = 0;

  async openStream({ threads }: { threads: number }): Promise<number> {
    this.threads = threads;
    this.open.set(++this.#last, { startS: -1, processedS: 0, given: 0 });
    this.log.push(`open ${this.#last}`);
    return this.#last;
  }

  async feedStream(id: number, samples: Float32Array, { isLast }: { isLast: boolean }) {
    const stream = this.open.get(id)!;
    expect(++this.calls).toBe(1);
    await Bun.sleep(1);
    this.calls--;
    if (this.fails !== null) throw this.fails;
    if (stream.startS < 0) stream.startS = samples[0]!;
    if (samples.length > 0) stream.processedS = samples.at(-1)! + 1 / rate;
    this.log.push(`feed ${id} ${samples.length}${isLast ? " last" : ""}`);
    const here = spoken.filter(
      ([, startS]) => startS >= stream.startS && startS < stream.processedS,
    );
    const ready = here.filter(([, , endS]) => isLast || endS + delayS <= stream.processedS + 1e-3);
    const fresh = ready.slice(stream.given);
    stream.given = ready.length;
    return timed(
      ...fresh.map(([text, a, b]) => [text, a - stream.startS, b - stream.startS] as const),
    );
  }

  async closeStream(id: number): Promise<void> {
    this.open.delete(id);
    this.log.push(`close ${id}`);
  }
}

function open(from: Checkpoint | null = null, lanes = [new FakeLane()]) {
  const pool = new LanePool(lanes as unknown as LaneClient[], 2);
  const controller = new AbortController();
  const jobLanes = lanesOfJob({ pool, job: 1, signal: controller.signal });
  const cancelFlag = new Int32Array(1);
  const recognizer = new StreamingRecognizer(model);
  const session = recognizer.open({ options: plainOptions, from, cancelFlag }, jobLanes);
  return { session, lane: lanes[0]!, pool, controller };
}

const texts = (results: readonly ChunkResult[]) =>
  results.map(({ segments }) => segments.map(({ text, startS, endS }) => [text, startS, endS]));

const feeds = [chunkOf(0, 2), chunkOf(2, 2), chunkOf(10, 2)];

async function hear(session: ReturnType<typeof open>["session"], chunks = feeds) {
  const results = await Promise.all(chunks.map((chunk) => session.push(chunk)));
  return [...results, await session.finish()];
}

test("each sentence is returned when it is complete, across feeds, with times counted from the start of the file", async () => {
  const { session } = open();
  const results = await hear(session);
  expect(texts(results)).toEqual([
    // After the first feed, another punctuation mark could follow the full stop. So this feed gives no segment.
    [],
    [[" one two.", 0.25, 1]],
    [[" longest three", 1.5, 3.25]],
    [[" four.", 10.5, 10.75]],
  ]);
  expect(results.flatMap(({ words }) => words.map(({ text }) => text))).toEqual([
    "one",
    "two.",
    "longest",
    "three",
    "four.",
  ]);
  const segments = results.flatMap((result) => result.segments);
  // `seekS` is the start of the stream that decoded the segment. A new stream starts at the start of the file, and
  // after each gap.
  expect(segments.map(({ seekS }) => seekS)).toEqual([0, 0, 10]);
  for (const segment of segments) {
    expect(segment.temperature).toBe(0);
    expect(segment.avgLogprob).toBeCloseTo(-0.5);
    expect(segment.compressionRatio).toBe(compressionRatio(segment.text.trim()));
    expect(segment).not.toHaveProperty("noSpeechProb");
  }
  expect(session.language).toBe("en");
});

test("the no-speech probability of a sentence covers all of its feeds, also after a resume", async () => {
  // Each window of the first feed has the probability 1. Each window of the second feed has the probability 0.
  const withProbs = (chunk: AudioChunk, prob: number): AudioChunk => {
    const firstWindow = Math.floor(chunk.startS / 0.032);
    const length = Math.ceil((chunk.startS + chunk.durationS) / 0.032) - firstWindow;
    return { ...chunk, speechProbs: { firstWindow, probs: new Float32Array(length).fill(prob) } };
  };
  const [first, second, third] = feeds as [AudioChunk, AudioChunk, AudioChunk];
  const chunks = [withProbs(first, 1), withProbs(second, 0), withProbs(third, 0.25)];
  const factsOf = (results: readonly ChunkResult[]) =>
    results.flatMap(({ segments }) => segments.map(({ noSpeechProb }) => noSpeechProb));
  const whole = factsOf(await hear(open().session, chunks));
  // The second sentence lasts 1.75 s, from 1.5 to 3.25 s. The last 1.25 s of it are in the second feed, whose windows
  // contain no speech.
  expect(whole).toEqual([0, expect.closeTo(1.25 / 1.75, 1), 0.75]);
  const from = { chunks: 2, segments: 1, replayFrom: 0, language: "en", spokenS: {} };
  expect(factsOf((await hear(open(from).session, chunks)).slice(2))).toEqual(whole.slice(1));
});

test("the end of an utterance completes its sentence, and ends its last word", async () => {
  const { session, lane } = open();
  const pieces = timed([" one", 0, 0.25], [" two", 0.25, 1.5], ["", 1, 1], [" three", 1.25, 1.5]);
  pieces.tokens[2] = utteranceEnd;
  lane.feedStream = async (_id, _samples, { isLast }) => (isLast ? timed() : pieces);
  const results = await hear(session, [chunkOf(0, 2)]);
  expect(texts(results)).toEqual([[[" one two", 0, 1]], [[" three", 1.25, 1.5]]]);
});

test("a gap in the audio ends the stream, and the next feed opens another one", async () => {
  const { session, lane } = open();
  await hear(session);
  await session.close();
  expect(lane.log).toEqual([
    "open 1",
    "feed 1 200",
    "feed 1 200",
    "feed 1 0 last",
    "close 1",
    "open 2",
    "feed 2 200",
    "feed 2 0 last",
    "close 2",
  ]);
});

test("a resumed session gets its stream again from the stream's start, and returns the same chunks", async () => {
  const whole = await hear(open().session);
  expect(whole.map(({ resume }) => resume.replay)).toEqual([1, 2, 1, 0]);
  const from = { chunks: 2, segments: 1, replayFrom: 0, language: "en", spokenS: {} };
  expect((await hear(open(from).session)).slice(2)).toEqual(whole.slice(2));
  const afterGap = await hear(open({ ...from, chunks: 3, replayFrom: 2 }).session, feeds.slice(2));
  expect(texts(afterGap)).toEqual([[], [[" four.", 10.5, 10.75]]]);
});

describe("the lanes of streaming sessions:", () => {
  test("a session always uses the same lane and only the threads of this lane, and sessions are distributed over the lanes", async () => {
    const lanes = [new FakeLane(), new FakeLane()];
    const pool = new LanePool(lanes as unknown as LaneClient[], 2);
    const sessions = Array.from({ length: 4 }, (_, job) =>
      new StreamingRecognizer(model).open(
        { options: plainOptions, from: null, cancelFlag: new Int32Array(1) },
        lanesOfJob({ pool, job }),
      ),
    );
    for (const session of sessions) await session.push(feeds[0]!);
    await Promise.all(sessions.map((session) => session.push(feeds[1]!)));
    expect(lanes.map((lane) => lane.open.size)).toEqual([2, 2]);
    expect(lanes.map(({ threads }) => threads)).toEqual([2, 2]);
    await sessions[0]!.close();
    await sessions[2]!.close();
    expect(lanes.map((lane) => lane.open.size)).toEqual([0, 2]);
    // The lane of the closed sessions has the fewest streams, so the next two sessions get this lane.
    expect([pool.pin(), pool.pin()].map((lane) => lanes.indexOf(lane as never))).toEqual([0, 0]);
    for (const n of [1, 3]) await sessions[n]!.close();
    expect(lanes.map((lane) => lane.open.size)).toEqual([0, 0]);
  });

  test("a lane is free after its job was cancelled or failed, and the job's stream is closed", async () => {
    const { session, lane, controller, pool } = open();
    await session.push(feeds[0]!);
    lane.fails = new AsrError("client_closed_request", "Cancelled");
    controller.abort();
    const after = await Promise.allSettled([session.push(feeds[1]!), session.push(feeds[2]!)]);
    expect(after.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await session.close();
    expect(lane.open.size).toBe(0);
    expect(await pool.use(2, new AbortController().signal, async () => "free")).toBe("free");
  });

  test("a session without audio makes no call on a lane", async () => {
    const { session, lane } = open();
    expect(await session.finish()).toMatchObject({
      segments: [],
      words: [],
      resume: { replay: 0 },
    });
    await session.close();
    expect(lane.log).toEqual([]);
    expect(session.language).toBeNull();
  });
});

test("a request that the model cannot serve is rejected, and `can` has the model's capabilities", () => {
  const recognizer = new StreamingRecognizer(model);
  const start = { from: null, cancelFlag: new Int32Array(1) };
  const refused = (more: object) =>
    errorOf(() =>
      recognizer.open({ ...start, options: { ...plainOptions, ...more } }, null as never),
    );
  expect(refused({ prompt: "Dear" })).toMatchObject({ code: "unsupported_value", param: "prompt" });
  expect(refused({ temperature: 0.5 }).param).toBe("temperature");
  expect(refused({ language: "fr" }).param).toBe("language");
  expect(recognizer.needs).toMatchObject({ sampleRate: 24000, chunkMaxS: null });
  expect(recognizer.can).toMatchObject({ live: true, words: true, prompt: false });
  expect(new StreamingRecognizer(modelOf(capability.temperature)).can.temperature).toBe(true);
});
