/** Tests how the events of a job come from the runner to the reader of the stream. */
import { expect, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import { collect } from "../../src/jobs/collect.ts";
import type { JobEvent } from "../../src/jobs/events.ts";
import { abortError, unlessAborted } from "../../src/platform/abort.ts";
import type { Delivery } from "../../src/supervisor/delivery.ts";
import { JobStream } from "../../src/supervisor/job-stream.ts";
import { failureOf, ScriptedModels } from "./scripted-model.ts";
import { plainFacts } from "../transcript/plain-facts.ts";
import { noWork } from "../../src/ipc/work.ts";

const models = new ScriptedModels();
const never = new Promise<never>(() => {});

const chunk = (delivery: Delivery, n: number) => {
  const checkpoint = {
    chunks: n + 1,
    segments: n + 1,
    replayFrom: n + 1,
    language: "en",
    spokenS: {},
  };
  delivery.chunk({
    segments: [{ id: n, startS: n, endS: n + 1, text: ` ${n}`, ...plainFacts }],
    words: [],
    checkpoint,
  });
};

test("a slow reader gets every segment, the latest progress, and the transcript last", async () => {
  const stream = new JobStream(models.job(""), async (delivery) => {
    for (let n = 0; n < 5; n++) {
      delivery.events.start();
      chunk(delivery, n);
      delivery.progress({ doneS: (n + 1) * 10, totalS: 50 });
      delivery.progress({ doneS: 5, totalS: 50 });
    }
    delivery.work({ ...noWork, decode: 1, encoder: 2 });
    return delivery.transcript({ language: "en", durationS: 50 });
  });
  const events: JobEvent[] = [];
  const { text } = await collect(stream, (event) => events.push(event));
  expect(text).toBe("0 1 2 3 4");
  const segments = Array.from({ length: 5 }, () => "segment" as const);
  expect(events.map(({ type }) => type)).toEqual([
    "started",
    ...segments,
    "progress",
    "work",
    "done",
  ]);
  expect(events[6]).toMatchObject({ doneS: 50, processedS: 50 });
});

test("a progress step that is longer than a chunk adds only the length of one chunk to the processed audio", async () => {
  const stream = new JobStream(models.job(""), async (delivery) => {
    delivery.progress({ doneS: 1000, totalS: 1000 });
    return delivery.transcript({ language: "en", durationS: 1000 });
  });
  expect(await stream.next()).toMatchObject({ value: { doneS: 1000, processedS: 30 } });
});

test("the reader gets earlier events before the failure", async () => {
  const failure = new AsrError("invalid_audio", "Cannot read the audio");
  const stream = new JobStream(models.job(""), async (delivery) => {
    chunk(delivery, 0);
    throw failure;
  });
  const seen: string[] = [];
  expect(await failureOf(collect(stream, ({ type }) => seen.push(type)))).toBe(failure);
  expect(seen).toEqual(["segment"]);
});

test("a reader that stops aborts the job, and waits until the job has ended", async () => {
  const end = { reason: "" };
  const stream = new JobStream(models.job(""), async (delivery, signal) => {
    chunk(delivery, 0);
    await unlessAborted(never, signal).catch(() => {});
    await Bun.sleep(20);
    end.reason = abortError(signal).code;
    return delivery.transcript({ language: "en", durationS: 1 });
  });
  for await (const { type } of stream) {
    expect(type).toBe("segment");
    break;
  }
  expect(end.reason).toBe("client_closed_request");
});

test("a reader that stops while it waits for an event aborts the job too", async () => {
  const stream = new JobStream(models.job(""), (_delivery, signal) => unlessAborted(never, signal));
  const waiting = stream.next();
  await stream.return();
  expect(await waiting).toMatchObject({ done: true });
});

test("a job without a reader never starts", async () => {
  let starts = 0;
  const stream = new JobStream(models.job(""), () => (starts++, never));
  await stream.return();
  expect(starts).toBe(0);
});
