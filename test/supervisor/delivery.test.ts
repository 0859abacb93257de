/** Tests the delivery of the results of one job by one runner, or by several runners one after another. */
import { afterAll, expect, test } from "bun:test";
import type { ChunkResults } from "../../src/ipc/protocol.ts";
import { Delivery } from "../../src/supervisor/delivery.ts";
import { record, ScriptedModels } from "./scripted-model.ts";
import { plainFacts } from "../transcript/plain-facts.ts";

const models = new ScriptedModels();
afterAll(() => models[Symbol.asyncDispose]());

function open() {
  const { doneS, segments, note } = record();
  const delivery = new Delivery(models.job(""));
  const events = delivery.events.read();
  /** Reads `count` events, which the delivery must already contain. */
  const read = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const { value } = await events.next();
      if (value !== undefined) note(value);
    }
  };
  return { delivery, doneS, segments, read };
}

/** Returns the results of chunk number `n`, counted from 0. */
function chunk(n: number): ChunkResults {
  const times = { startS: n, endS: n + 1 };
  const counts = { chunks: n + 1, segments: n + 1, replayFrom: n + 1 };
  return {
    segments: [{ id: n, text: ` ${n}`, ...times, ...plainFacts }],
    words: [{ text: `${n}`, ...times }],
    checkpoint: { ...counts, language: "en", spokenS: { en: n + 1 } },
  };
}

test("progress never goes backwards and is never reported twice", async () => {
  const { delivery, doneS, read } = open();
  const report = (s: number) => delivery.progress({ doneS: s, totalS: 40 });
  for (const s of [0, 10, 20]) {
    report(s);
    await read(1);
  }
  // A second runner starts again at 0 s. For this audio, the first runner has already reported progress.
  for (const s of [0, 10, 20]) report(s);
  delivery.events.finish(delivery.transcript({ language: "en", durationS: 40 }));
  await read(2);
  expect(doneS).toEqual([0, 10, 20]);
});

test("skipped silence adds at most the length of one chunk to the processed audio", async () => {
  const { delivery } = open();
  const { chunkMaxS } = delivery.job.model;
  const events = delivery.events.read();
  delivery.progress({ doneS: 10, totalS: 1000 });
  expect((await events.next()).value).toMatchObject({ processedS: Math.min(10, chunkMaxS) });
  delivery.progress({ doneS: 900, totalS: 1000 });
  expect((await events.next()).value).toMatchObject({
    processedS: Math.min(10, chunkMaxS) + chunkMaxS,
  });
});

test("a callback for a number of chunks is called once, exactly at that number", () => {
  const { delivery } = open();
  let calls = 0;
  delivery.chunk(chunk(0));
  delivery.afterChunks(3, () => calls++);
  const counts = [1, 2, 3, 4, 5, 6].map((n) => {
    delivery.chunk(chunk(n));
    return calls;
  });
  expect(counts).toEqual([0, 0, 1, 1, 1, 1]);
});

test("the next runner resumes at the last checkpoint, and the transcript has the results of both runners", async () => {
  const { delivery, segments, read } = open();
  expect(delivery.checkpoint).toBeNull();
  delivery.chunk(chunk(0));
  delivery.chunk(chunk(1));
  expect(delivery.checkpoint).toEqual(chunk(1).checkpoint);
  await read(2);
  expect(segments).toEqual([" 0", " 1"]);
  const transcript = delivery.transcript({ language: "en", durationS: 2 });
  expect(transcript).toMatchObject({ text: "0 1", language: "en", durationS: 2 });
  expect(transcript.segments.map(({ id }) => id)).toEqual([0, 1]);
  expect(transcript.words).toHaveLength(2);
});

test("the frames of all chunks are added up, and the prompt counts once; without frames the transcript has no input", () => {
  const { delivery } = open();
  delivery.chunk({ ...chunk(0), input: { audioFrames: 250, promptTokens: 7 } });
  delivery.chunk({ ...chunk(1), input: { audioFrames: 50, promptTokens: 7 } });
  expect(delivery.transcript({ language: "en", durationS: 2 }).input).toEqual({
    audioFrames: 300,
    promptTokens: 7,
  });
  const uncounted = open().delivery;
  uncounted.chunk(chunk(0));
  expect(uncounted.transcript({ language: "en", durationS: 1 })).not.toHaveProperty("input");
});
