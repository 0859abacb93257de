import { expect, test } from "bun:test";
import { AsrError } from "../../../src/errors.ts";
import { RateLimit } from "../../../src/http/guards/rate-limit.ts";

/** Creates a rate limit with a clock that the test sets. `waitS` returns 0, or the seconds to wait before a retry. */
function limited(perMinuteMax: number) {
  const clock = { s: 0 };
  const limit = new RateLimit(perMinuteMax, () => clock.s * 1000);
  const waitS = (client: string): number | null => {
    try {
      limit.take(client);
      return 0;
    } catch (error) {
      if (error instanceof AsrError) return error.retryAfterS;
      throw error;
    }
  };
  return { clock, waitS };
}

test("a client has its number of requests per minute, counted from its first request", () => {
  const { clock, waitS } = limited(2);
  expect([waitS("ann"), waitS("ann"), waitS("ann"), waitS("bob")]).toEqual([0, 0, 60, 0]);
  clock.s = 59.5;
  expect([waitS("ann"), waitS("bob"), waitS("bob")]).toEqual([1, 0, 1]);
  clock.s = 60;
  expect([waitS("ann"), waitS("ann"), waitS("ann")]).toEqual([0, 0, 60]);
});

test("a limit of 0 allows any number of requests", () => {
  const { waitS } = limited(0);
  for (let n = 0; n < 100; n++) expect(waitS("ann")).toBe(0);
});

test("with too many clients, the limit forgets the oldest ones", () => {
  const { waitS } = limited(1);
  for (let n = 0; n < 10_001; n++) expect(waitS(`client ${n}`)).toBe(0);
  expect(waitS("client 10000")).toBe(60);
  expect(waitS("client 1")).toBe(60);
  expect(waitS("client 0")).toBe(0);
});
