import { afterEach, expect, jest, test } from "bun:test";
import type { AsrError } from "../../src/errors.ts";
import { UploadClock } from "../../src/http/upload-clock.ts";

const limits = { idleS: 60, timeoutS: 3600, bytesPerSMin: 500 };

afterEach(() => jest.useRealTimers());

/** What an upload is ended with, and after how many seconds. */
function endOf(bytesAt: (s: number) => number, more: Partial<typeof limits> = {}) {
  jest.useFakeTimers();
  const reasons: AsrError[] = [];
  using clock = new UploadClock({ ...limits, ...more }, (reason) => void reasons.push(reason));
  for (let s = 1; s <= 7200; s += 1) {
    jest.advanceTimersByTime(1000);
    const [reason] = reasons;
    if (reason !== undefined) return { s, code: reason.code, says: reason.message };
    if (bytesAt(s) > 0) clock.add(bytesAt(s));
  }
  return null;
}

test("an upload that is quick enough is ended by its deadline alone", () => {
  const tooLong = { code: "upload_timeout", says: expect.stringContaining("more than 3600 s") };
  expect(endOf(() => 600)).toMatchObject({ s: 3600, ...tooLong });
  expect(endOf((s) => (s % 20 === 0 ? 15_000 : 0))).toMatchObject({ s: 3600, ...tooLong });
});

test("one that trickles is ended, however steadily, and whatever came before", () => {
  const tooSlow = { code: "upload_timeout", says: expect.stringContaining("MIN_UPLOAD_RATE") };
  expect(endOf(() => 499)).toMatchObject({ s: 30, ...tooSlow });
  expect(endOf((s) => (s % 29 === 0 ? 1 : 0))).toMatchObject({ s: 30, ...tooSlow });
  expect(endOf((s) => (s === 1 ? 1_000_000 : 1))).toMatchObject({ s: 60, ...tooSlow });
});

test("one that brings nothing is ended where it may trickle, too", () => {
  const every = (seconds: number) => (s: number) => (s % seconds === 0 ? 1 : 0);
  expect(endOf(every(59), { bytesPerSMin: 0 })).toMatchObject({ s: 3600 });
  const says = expect.stringContaining("no byte came for 60 s");
  expect(endOf(every(61), { bytesPerSMin: 0 })).toMatchObject({ s: 60, says });
});
