/** Tests the call group `stream`, which processes audio in order and keeps state between calls. */
import { expect } from "bun:test";
import { Lane } from "../../src/runner/engine/asr-lane.ts";
import type { StreamOptions, TimedTokens } from "../../src/runner/engine/asr-structs.ts";
import { capability } from "../../src/runner/engine/asr-structs.ts";
import { expectStops } from "./cancel.case.ts";
import {
  cancelFlag,
  type DefineCase,
  expectCode,
  expectMemoryBack,
  feedOptions,
  type Subject,
} from "./subject.ts";
import { expectTimed, joinResults, secondsOf } from "./timed-tokens.ts";

const noSamples = new Float32Array(0);

export function streamCases(it: DefineCase): void {
  it("transcribes a stream, with times and log-probabilities", (subject) => {
    const { speech, says } = subject.backend;
    const results = transcribeParts(subject, pieces(speech, 1920));
    const { tokens } = joinResults(results);
    expect(tokens.length).toBeGreaterThan(0);
    if (says !== null) expect(subject.textOf(Int32Array.from(tokens))).toMatch(says);
    expectTimed(results, subject.info, secondsOf(speech, subject.info));
    expect(results.map(({ isComplete }) => isComplete)).toEqual(
      results.map((_, i) => i === results.length - 1),
    );
  });

  it("returns the same tokens however the samples are divided", (subject) => {
    const { speech } = subject.backend;
    const whole = joinResults(transcribeParts(subject, [speech]));
    for (const size of [479, 1920, 10_007]) {
      expect(joinResults(transcribeParts(subject, pieces(speech, size)))).toEqual(whole);
    }
    const singly = [...pieces(speech.subarray(0, 3000), 1), speech.subarray(3000)];
    expect(joinResults(transcribeParts(subject, singly))).toEqual(whole);
  });

  it("keeps the streams of a lane separate", (subject) => {
    const { lane, backend } = subject;
    const parts = pieces(backend.speech, 5000);
    const alone = joinResults(transcribeParts(subject, parts));
    const streams = [1, 2, 3].map(() => lane.openStream(subject.streamOptions()));
    const results = streams.map((): TimedTokens[] => []);
    // Stream `i` gets its first part in turn `i`. So in each turn, every stream gets a different part.
    for (let turn = 0; turn < parts.length + streams.length; turn++) {
      streams.forEach((stream, i) => {
        const part = parts[turn - i];
        const isLast = turn - i === parts.length - 1;
        if (part !== undefined) {
          results[i]!.push(lane.feedStream(stream, part, feedOptions({ isLast })));
        }
      });
    }
    for (const stream of streams) lane.closeStream(stream);
    for (const result of results) expect(joinResults(result)).toEqual(alone);
  });

  it("accepts calls without samples, and an end without samples", (subject) => {
    const { speech } = subject.backend;
    const whole = joinResults(transcribeParts(subject, [speech]));
    expect(joinResults(transcribeParts(subject, [noSamples, speech, noSamples]))).toEqual(whole);
    expect(joinResults(transcribeParts(subject, [noSamples])).tokens).toEqual([]);
  });

  it("rejects samples after the end of a stream", (subject) => {
    withStream(subject, (feed) => {
      feed(subject.backend.speech, { isLast: true });
      expectCode("internal_error", () => feed(subject.backend.speech));
    });
  });

  it("rejects invalid samples and stays usable", (subject) => {
    const { speech } = subject.backend;
    const whole = joinResults(transcribeParts(subject, [speech]));
    withStream(subject, (feed) => {
      expectCode("internal_error", () => feed(speech.with(1, Number.NaN)));
      expectCode("internal_error", () => feed(speech.with(0, Infinity)));
      // The rejected calls changed no state, so the stream can continue.
      expect(joinResults([feed(speech, { isLast: true })])).toEqual(whole);
    });
  });

  it("rejects invalid options", (subject) => {
    const broken: Partial<StreamOptions>[] = [
      { language: -2 },
      { language: subject.info.languages.length },
      { threads: 0 },
      { temperature: -1 },
      { temperature: Number.NaN },
    ];
    for (const changes of broken) expectCode("internal_error", () => open(subject, changes));
  });

  it("rejects options that it does not support", (subject) => {
    const can = (bit: number): boolean => (subject.info.capabilities & bit) !== 0;
    const options: [boolean, Partial<StreamOptions>][] = [
      [can(capability.temperature), { temperature: 0.5 }],
      [can(capability.translate), { translate: true }],
    ];
    for (const [isAble, changes] of options) {
      if (isAble) open(subject, changes);
      else expectCode("unsupported_value", () => open(subject, changes));
    }
  });

  it("accepts only a close for a cancelled stream", (subject) => {
    const { speech } = subject.backend;
    withStream(subject, (feed) => {
      feed(speech);
      expectCode("client_closed_request", () => feed(speech, { cancel: cancelFlag(1) }));
      expectCode("internal_error", () => feed(speech));
    });
    expect(joinResults(transcribeParts(subject, [speech])).tokens.length).toBeGreaterThan(0);
  });

  it("stops inside a stream after a cancel and stays usable", async (subject) => {
    const { speech, busy = speech } = subject.backend;
    const whole = joinResults(transcribeParts(subject, [speech]));
    await expectStops((cancel) =>
      withStream(subject, (feed) => void feed(busy, { isLast: true, cancel })),
    );
    expect(joinResults(transcribeParts(subject, [speech]))).toEqual(whole);
  });

  it("rejects calls for a closed stream", (subject) => {
    const stream = subject.lane.openStream(subject.streamOptions());
    subject.lane.closeStream(stream);
    expect(() => subject.lane.closeStream(stream)).toThrow("no open stream");
    expect(() => subject.lane.feedStream(stream, noSamples, feedOptions())).toThrow(
      "no open stream",
    );
  });

  it("frees the memory of its streams, whether they are closed or not", (subject) => {
    expectMemoryBack(() => {
      using other = new Lane(subject.library, subject.pointer);
      const closed = other.openStream(subject.streamOptions());
      for (const stream of [closed, other.openStream(subject.streamOptions())]) {
        other.feedStream(stream, subject.backend.speech, feedOptions());
      }
      other.closeStream(closed);
    });
  });
}

/** Passes the parts to a new stream. The last part ends the stream. */
export function transcribeParts(subject: Subject, parts: readonly Float32Array[]): TimedTokens[] {
  return withStream(subject, (feed) =>
    parts.map((part, i) => feed(part, { isLast: i === parts.length - 1 })),
  );
}

// --- internal ---

type Feed = (input: Float32Array, changes?: Parameters<typeof feedOptions>[0]) => TimedTokens;

function pieces(samples: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, i) =>
    samples.subarray(i * size, (i + 1) * size),
  );
}

function withStream<T>(subject: Subject, work: (feed: Feed) => T): T {
  const { lane } = subject;
  const stream = lane.openStream(subject.streamOptions());
  try {
    return work((input, changes) => lane.feedStream(stream, input, feedOptions(changes)));
  } finally {
    lane.closeStream(stream);
  }
}

function open(subject: Subject, changes: Partial<StreamOptions>): void {
  subject.lane.closeStream(subject.lane.openStream(subject.streamOptions(changes)));
}
