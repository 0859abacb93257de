/** How long the pauses between attempts are. */
import { afterAll, expect, spyOn, test } from "bun:test";
import { BackOff } from "../../src/supervisor/back-off.ts";

const clock = spyOn(performance, "now").mockReturnValue(0);
afterAll(() => clock.mockRestore());

test("two deaths in a row are free; then pauses double from half a second to 30 s", () => {
  const backOff = new BackOff();
  const pauses = Array.from({ length: 11 }, () => {
    backOff.died();
    return backOff.remainingMs;
  });
  const doubled = [500, 1000, 2000, 4000, 8000, 16_000];
  expect(pauses).toEqual([0, 0, ...doubled, 30_000, 30_000, 30_000]);
});

test("a load that is rejected is not free, after deaths neither", () => {
  const backOff = new BackOff();
  backOff.loadRejected();
  expect(backOff.remainingMs).toBe(500);
  backOff.loadRejected();
  expect(backOff.remainingMs).toBe(1000);
  backOff.died();
  expect(backOff.remainingMs).toBe(2000);
});

test("a pause passes with time, and ends once an attempt worked", () => {
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
