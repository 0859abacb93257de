/** Tests calls of every group from the main thread to the thread of a lane. The engine is the null engine. */
import { expect, test } from "bun:test";
import { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import { builtLibrary } from "../../backends/built.ts";
import { levels } from "../../backends/signals.ts";
import { cancelFlag, feedOptions } from "../../backends/subject.ts";

const anyLanguage = { language: -1, translate: false, threads: 1 };
const streamOptions = { ...anyLanguage, temperature: 0, seed: 0 };

async function openLane(path: string): Promise<LaneClient> {
  const lane = new LaneClient();
  const libraryPath = builtLibrary("null");
  const place = { source: { path }, gpu: false, computeType: null, threads: 1 };
  const model = await lane.load(libraryPath, place);
  await lane.open({ libraryPath, audioLibraryPath: builtLibrary("audio") }, model);
  return lane;
}

test("recognize() returns tokens with times and log-probabilities", async () => {
  const lane = await openLane("transducer");
  const input = levels([
    [0.4, 0],
    [0.8, 0.25],
  ]);
  const result = await lane.recognize({ input, cancel: cancelFlag(), id: 1, ...anyLanguage });
  expect(result.tokens).toEqual(Int32Array.of(12));
  expect(result.startS[0]).toBeCloseTo(0.4);
  expect(result.endS[0]).toBeCloseTo(1.2);
  expect(result.logprobs[0]).toBeCloseTo(Math.log(0.25));
  expect(result.avgLogprob).toBeCloseTo(Math.log(0.25));
  expect(result.isComplete).toBe(true);
});

test("a stream keeps its state between calls, independently of other streams", async () => {
  const lane = await openLane("streaming");
  const half = levels([[0.4, 0.25]], 24_000);
  const first = await lane.openStream(streamOptions);
  const second = await lane.openStream(streamOptions);
  expect(first).not.toBe(second);
  await lane.feedStream(first, half, feedOptions());
  const short = await lane.feedStream(second, half, feedOptions({ isLast: true }));
  const long = await lane.feedStream(first, half, feedOptions({ isLast: true }));
  expect([short.endS[0], long.endS[0]].map((end) => end?.toFixed(2))).toEqual(["0.40", "0.80"]);
  await lane.closeStream(first);
  await lane.closeStream(second);
});

test("a cancel flag that another thread sets stops a call inside the engine, and the lane stays usable", async () => {
  const lane = await openLane("transducer");
  // The audio has 375 frames of 80 ms. The engine works for 20 ms on each frame, so the whole call would take 7.5 s.
  const busy = levels([[30, 1.5]]);
  const cancel = cancelFlag();
  const call = lane.recognize({ input: busy, cancel, id: 1, ...anyLanguage });
  const failure = call.then(
    () => null,
    (error: unknown) => error,
  );
  await Bun.sleep(50);
  Atomics.store(cancel, 0, 1);
  expect(await failure).toMatchObject({ code: "client_closed_request" });
  const input = levels([[0.4, 0.25]]);
  const after = await lane.recognize({ input, cancel: cancelFlag(), id: 2, ...anyLanguage });
  expect(after.tokens).toHaveLength(1);
});

test("calls of a group that the model does not support, and calls for unknown streams, fail", async () => {
  const lane = await openLane("transducer");
  const code = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => null,
      (error: { code?: string }) => error.code,
    );
  expect(await code(lane.openStream(streamOptions))).toBe("unsupported_value");
  expect(await code(lane.closeStream(7))).toBe("internal_error");
});
