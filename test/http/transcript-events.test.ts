/** Tests the events of a streamed transcription in the format verbose_json, an extension of this server. */
import { expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import {
  transcriptDelta,
  transcriptDone,
  transcriptProgress,
} from "../../src/http/stream-schema.ts";
import { TranscriptEvents } from "../../src/http/transcript-events.ts";
import type { JobEvent } from "../../src/jobs/events.ts";
import { plainFacts } from "../transcript/plain-facts.ts";
import { openApp, transcript } from "./app.ts";

const progress: JobEvent = { type: "progress", doneS: 1.23456, totalS: 4, processedS: 1 };
const segment: JobEvent = {
  type: "segment",
  segment: { id: 0, startS: 0.32, endS: 2.4, text: " Ann", ...plainFacts },
};
const done: JobEvent = { type: "done", transcript };
const extras = { usageInTokens: false, languages: false };
const verbose = () =>
  new TranscriptEvents({
    format: "verbose_json",
    granularities: new Set(["segment", "word"] as const),
    extras,
  });

test("verbose_json has the progress, and the segment of each delta", () => {
  const events = verbose();
  expect(events.next(progress)).toEqual({ type: "transcript.progress", done: 1.235, duration: 4 });
  expect(events.next({ ...progress, totalS: null })).toEqual({
    type: "transcript.progress",
    done: 1.235,
  });
  const delta = events.next(segment);
  expect(delta).toMatchObject({
    type: "transcript.text.delta",
    delta: "Ann",
    segment: { id: 0, start: 0.32, end: 2.4, text: " Ann" },
  });
  expect(Value.Check(transcriptDelta, delta)).toBe(true);
  expect(Value.Check(transcriptProgress, events.next(progress))).toBe(true);
});

test("the progress has the estimated time left once it is known", () => {
  let timeLeftS: number | null = null;
  const granularities = new Set(["segment"] as const);
  const options = { format: "verbose_json", granularities, extras } as const;
  const events = new TranscriptEvents({ ...options, timeLeftS: () => timeLeftS });
  expect(events.next(progress)).not.toHaveProperty("time_left");
  timeLeftS = 7.12345;
  const event = events.next(progress);
  expect(event).toMatchObject({ done: 1.235, duration: 4, time_left: 7.123 });
  expect(Value.Check(transcriptProgress, event)).toBe(true);
});

test("the last event of verbose_json has all fields of this format", () => {
  const event = verbose().next(done);
  expect(event).toMatchObject({
    type: "transcript.text.done",
    task: "transcribe",
    language: "english",
    duration: 2.5,
    text: "And so, my fellow Americans",
    words: [{ word: "And", start: 0.32, end: 0.5 }],
    segments: [{ id: 0, start: 0.32, end: 2.4 }],
    usage: { type: "duration", seconds: 3 },
  });
  expect(Value.Check(transcriptDone, event)).toBe(true);
});

test("other formats have no times and no progress", () => {
  const events = new TranscriptEvents({
    format: "json",
    granularities: new Set(["segment"]),
    extras,
  });
  expect(events.next(progress)).toBeNull();
  expect(events.next(segment)).toEqual({ type: "transcript.text.delta", delta: "Ann" });
  expect(events.next(done)).toEqual({
    type: "transcript.text.done",
    text: "And so, my fellow Americans",
  });
});

test("a request can stream verbose_json with word times", async () => {
  using app = openApp();
  const response = await app.post({
    stream: "true",
    response_format: "verbose_json",
    "timestamp_granularities[]": "word",
  });
  expect(response.status).toBe(200);
  const body = await response.text();
  expect(body).toContain('"words":[{"word":"And"');
  expect(body).not.toContain('"segments"');
});
