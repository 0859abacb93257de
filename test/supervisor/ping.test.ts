/** Tests when a runner receives a ping, and when the runner counts as hung. */
import { afterAll, beforeEach, expect, jest, test } from "bun:test";
import { Ping } from "../../src/supervisor/ping.ts";

beforeEach(() => jest.useFakeTimers());
afterAll(() => jest.useRealTimers());

function open(msMax: number) {
  const counts = { pings: 0, hung: 0 };
  const ping = new Ping(
    msMax,
    () => counts.pings++,
    () => counts.hung++,
  );
  ping.start();
  return { ping, counts };
}

test("a runner that does not answer within the limit counts as hung, and is reported once", () => {
  const { counts } = open(1000);
  jest.advanceTimersByTime(1090);
  expect(counts).toEqual({ pings: 1, hung: 0 });
  jest.advanceTimersByTime(10);
  expect(counts).toEqual({ pings: 1, hung: 1 });
  jest.advanceTimersByTime(10_000);
  expect(counts).toEqual({ pings: 1, hung: 1 });
});

test("an answer just within the limit counts, any number of times", () => {
  const { ping, counts } = open(1000);
  for (let n = 1; n <= 20; n++) {
    jest.advanceTimersByTime(1000);
    ping.answered();
    expect(counts).toEqual({ pings: n, hung: 0 });
  }
});

test("a runner that answers at once gets ten pings per limit", () => {
  const { ping, counts } = open(1000);
  for (let n = 0; n < 10; n++) {
    jest.advanceTimersByTime(100);
    ping.answered();
  }
  expect(counts).toEqual({ pings: 10, hung: 0 });
});

test("a stopped ping, and a limit of 0, send nothing", () => {
  const [stopped, off] = [open(1000), open(0)];
  stopped.ping.stop();
  jest.advanceTimersByTime(10_000);
  expect(stopped.counts).toEqual({ pings: 0, hung: 0 });
  expect(off.counts).toEqual({ pings: 0, hung: 0 });
});
