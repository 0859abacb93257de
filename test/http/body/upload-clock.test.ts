import { afterEach, expect, jest, test } from "bun:test";
import type { AsrError } from "../../../src/errors.ts";
import { UploadClock } from "../../../src/http/body/upload-clock.ts";

const limits = { idleS: 60, timeoutS: 3600, bytesPerSMin: 500 };

afterEach(() => jest.useRealTimers());

interface Upload {
  readonly bytesAt: (s: number) => number;
  /**
   * Returns whether the server waits for a piece of the upload in second `s`. While the server does not wait, it writes
   * the previous piece to disk. By default, the server always waits.
   */
  readonly isAwaitedAt?: (s: number) => boolean;
}

/**
 * Simulates an upload until the clock ends it. Returns the error code, the message, and the number of seconds until
 * then. Null if the clock does not end the upload within two hours.
 */
async function endOf(
  { bytesAt, isAwaitedAt = () => true }: Upload,
  more: Partial<typeof limits> = {},
) {
  jest.useFakeTimers();
  const reasons: AsrError[] = [];
  const arrival = { bytes: 0 };
  using clock = new UploadClock({ ...limits, ...more }, arrival, (reason) => {
    reasons.push(reason);
  });
  for (let s = 1; s <= 7200; s += 1) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const awaited = isAwaitedAt(s) ? clock.awaiting(promise) : promise;
    jest.advanceTimersByTime(1000);
    resolve();
    await awaited;
    const [reason] = reasons;
    if (reason !== undefined) return { s, code: reason.code, says: reason.message };
    arrival.bytes += bytesAt(s);
  }
  return null;
}

const tooLong = { code: "upload_timeout", says: expect.stringContaining("more than 3600 s") };
const tooSlow = { code: "upload_timeout", says: expect.stringContaining("MIN_UPLOAD_RATE") };
const stalled = {
  code: "upload_timeout",
  says: expect.stringContaining("no byte arrived for 60 s"),
};

test("a fast upload ends only at its deadline", async () => {
  expect(await endOf({ bytesAt: () => 600 })).toMatchObject({ s: 3600, ...tooLong });
  const inBursts = (s: number) => (s % 20 === 0 ? 15_000 : 0);
  expect(await endOf({ bytesAt: inBursts })).toMatchObject({ s: 3600, ...tooLong });
});

test("an upload below the minimum rate ends, whether it is steady or was fast before", async () => {
  expect(await endOf({ bytesAt: () => 499 })).toMatchObject({ s: 60, ...tooSlow });
  const trickle = (s: number) => (s % 29 === 0 ? 1 : 0);
  expect(await endOf({ bytesAt: trickle })).toMatchObject({ s: 60, ...tooSlow });
  const after = (s: number) => (s === 1 ? 1_000_000 : 1);
  expect(await endOf({ bytesAt: after })).toMatchObject({ s: 120, ...tooSlow });
});

test("an upload that sends nothing ends as stalled, even without a minimum rate", async () => {
  expect(await endOf({ bytesAt: () => 0 })).toMatchObject({ s: 60, ...stalled });
  const every = (seconds: number) => (s: number) => (s % seconds === 0 ? 1 : 0);
  const mayTrickle = { bytesPerSMin: 0 };
  expect(await endOf({ bytesAt: every(59) }, mayTrickle)).toMatchObject({ s: 3600 });
  expect(await endOf({ bytesAt: every(61) }, mayTrickle)).toMatchObject({ s: 60, ...stalled });
});

test("a pause within the idle limit does not count as too slow", async () => {
  const paused = (s: number) => (s % 250 === 0 ? 150_000 : 0);
  expect(await endOf({ bytesAt: paused }, { idleS: 300 })).toMatchObject({ s: 3600, ...tooLong });
});

test("the time in which the server writes does not count against the client", async () => {
  // For ten minutes, the server writes the previous piece to disk and does not wait for the client.
  const isAwaitedAt = (s: number) => s > 600;
  expect(await endOf({ bytesAt: () => 0, isAwaitedAt })).toMatchObject({ s: 660, ...stalled });
});
