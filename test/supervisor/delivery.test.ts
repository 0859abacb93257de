/** The results of one job, from one runner or from several in turn. */
import { afterAll, expect, test } from "bun:test";
import type { ChunkResults } from "../../src/ipc/protocol.ts";
import { Delivery } from "../../src/supervisor/delivery.ts";
import { record, ScriptedModels } from "./scripted-model.ts";

const models = new ScriptedModels();
afterAll(() => models[Symbol.asyncDispose]());

function open() {
  const { doneS, segments, listeners } = record();
  return { delivery: new Delivery(models.job("", listeners)), doneS, segments };
}

/** The results of chunk number `n`, which starts at 0. */
function chunk(n: number): ChunkResults {
  const times = { startS: n, endS: n + 1 };
  const counts = { chunks: n + 1, segments: n + 1, replayFrom: n + 1 };
  return {
    segments: [{ id: n, text: ` ${n}`, ...times }],
    words: [{ text: `${n}`, ...times }],
    checkpoint: { ...counts, language: "en", spokenS: { en: n + 1 } },
  };
}

test("progress never goes backwards and is never reported twice", () => {
  const { delivery, doneS } = open();
  // A second runner starts at 0 and decodes audio again that the first one delivered.
  for (const s of [0, 10, 20, 0, 10, 20, 30]) delivery.progress({ doneS: s, totalS: 40 });
  expect(doneS).toEqual([0, 10, 20, 30]);
});

test("a callback that waits for chunks is called once, after exactly that number", () => {
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

test("the next runner resumes at the last checkpoint, and the transcript has the results of both", () => {
  const { delivery, segments } = open();
  expect(delivery.checkpoint).toBeNull();
  delivery.chunk(chunk(0));
  delivery.chunk(chunk(1));
  expect(delivery.checkpoint).toEqual(chunk(1).checkpoint);
  expect(segments).toEqual([" 0", " 1"]);
  const transcript = delivery.finish("en", 2);
  expect(transcript).toMatchObject({ text: "0 1", language: "en", durationS: 2 });
  expect(transcript.segments.map(({ id }) => id)).toEqual([0, 1]);
  expect(transcript.words).toHaveLength(2);
});
