/** Tests the text for durations, for the speed and for the remaining time. */
import { expect, test } from "bun:test";
import { durationText, speedText, timeLeftText } from "../../src/cli/time-text.ts";

test.each([
  [0.26, "0.3 s"],
  [9.94, "9.9 s"],
  [9.95, "10 s"],
  [99.4, "99 s"],
  [99.5, "2 min"],
  [5969, "99 min"],
  [5970, "1.7 h"],
  [360_000, "100.0 h"],
])("%d s is %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test("the time left is rounded up, and a speed has two or more digits", () => {
  expect([0.1, 99.5, 101, 7000].map(timeLeftText)).toEqual([
    "1 s left",
    "100 s left",
    "2 min left",
    "2 h left",
  ]);
  expect([0.52, 9.94, 9.95, 123.4].map(speedText)).toEqual(["0.5x", "9.9x", "10x", "123x"]);
});
