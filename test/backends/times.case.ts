/** Tests the times that an engine reports for its calls. */
import { expect } from "bun:test";
import type { EngineTimes } from "../../src/runner/engine/engine-times.ts";
import { cancelFlag, type DefineCase, failureOf, feedOptions, type Subject } from "./subject.ts";

export function timesCases(it: DefineCase): void {
  it("reports how long the stages of a call took", (subject) => {
    const { featuresS, encoderS, decoderS } = measured(subject);
    expect(decoderS).toBeGreaterThan(0);
    expect(Math.min(featuresS, encoderS)).toBeGreaterThanOrEqual(0);
    if (subject.backend.separatesEncoder !== false) expect(encoderS).toBeGreaterThan(0);
  });

  it("reports the times of each call once", (subject) => {
    measured(subject);
    expect(subject.lane.takeTimes()).toMatchObject({ featuresS: 0, encoderS: 0, decoderS: 0 });
    const once = sumOf(measured(subject));
    transcribe(subject);
    transcribe(subject);
    expect(sumOf(subject.lane.takeTimes())).toBeGreaterThan(once / 10);
  });

  it("reports no time of an earlier call for a call that it rejects", (subject) => {
    measured(subject);
    failureOf(() => transcribe(subject, Float32Array.of(Number.NaN)));
    expect(sumOf(subject.lane.takeTimes())).toBe(0);
  });
}

// --- internal ---

/** Transcribes the speech, and returns the times of the call. Their sum cannot exceed the duration of the call. */
function measured(subject: Subject): EngineTimes {
  subject.lane.takeTimes();
  const startMs = performance.now();
  transcribe(subject);
  const elapsedS = (performance.now() - startMs) / 1000;
  const times = subject.lane.takeTimes();
  expect(sumOf(times)).toBeWithin(Number.MIN_VALUE, elapsedS + 0.001);
  return times;
}

function sumOf({ featuresS, encoderS, decoderS }: EngineTimes): number {
  return featuresS + encoderS + decoderS;
}

function transcribe(subject: Subject, input?: Float32Array): void {
  const { lane, backend } = subject;
  const chunk = subject.chunk(input === undefined ? {} : { input, cancel: cancelFlag() });
  if (backend.groups.includes("prompted")) lane.decode(chunk);
  else if (backend.groups.includes("recognize")) lane.recognize(chunk);
  else {
    const stream = lane.openStream(subject.streamOptions());
    try {
      lane.feedStream(stream, chunk.input, feedOptions({ isLast: true }));
    } finally {
      lane.closeStream(stream);
    }
  }
}
