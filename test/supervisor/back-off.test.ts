/** Tests the pauses between attempts to start a runner. */
import { afterAll, expect, spyOn, test } from "bun:test";
import { BackOff } from "../../src/supervisor/back-off.ts";

const clock = spyOn(performance, "now").mockReturnValue(0);
afterAll(() => clock.mockRestore());

test("the first two deaths in a row cause no pause; later pauses double from half a second to 30 s", () => {
  const backOff = new BackOff();
  const pauses = Array.from({ length: 11 }, () => {
    backOff.died();
    return backOff.remainingMs;
  });
  const doubled = [500, 1000, 2000, 4000, 8000, 16_000];
  expect(pauses).toEqual([0, 0, ...doubled, 30_000, 30_000, 30_000]);
});

test("a rejected load causes a pause at once, also before and after deaths", () => {
  const backOff = new BackOff();
  backOff.loadRejected();
  expect(backOff.remainingMs).toBe(500);
  backOff.loadRejected();
  expect(backOff.remainingMs).toBe(1000);
  backOff.died();
  expect(backOff.remainingMs).toBe(2000);
});

test("a pause passes with time, and ends after a successful attempt", () => {
  const backOff = new BackOff();
  backOff.loadRejected();
  clock.mockReturnValue(400);
  expect(backOff.remainingMs).toBe(100);
  clock.mockReturnValue(1000);
  expect(backOff.remainingMs).toBe(0);
  backOff.loadRejected();
  backOff.jobFinished();
  expect(backOff.remainingMs).toBe(0);
  backOff.died();
  expect(backOff.remainingMs).toBe(0);
});
