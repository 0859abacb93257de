/** Tests which number of lanes is chosen from measured rates. */
import { expect, test } from "bun:test";
import { chooseLanes } from "../../../src/runner/calibration/choice.ts";

type Rates = readonly (readonly [lanes: number, audioSPerS: number])[];

test.each<[string, Rates, number]>([
  [
    "the fastest number, if all smaller ones are slower",
    [
      [8, 20],
      [4, 15],
      [2, 10],
    ],
    8,
  ],
  [
    "the smallest number that is almost the fastest",
    [
      [8, 20],
      [4, 19.1],
      [2, 18.9],
    ],
    4,
  ],
  [
    "a rate of exactly 95 % of the best one is enough",
    [
      [8, 20],
      [4, 19],
      [2, 10],
    ],
    4,
  ],
  [
    "a smaller number that is even faster",
    [
      [8, 15],
      [4, 20],
      [2, 17],
    ],
    4,
  ],
  [
    "the smallest of several equal ones",
    [
      [8, 20],
      [4, 20],
      [2, 20],
    ],
    2,
  ],
  [
    "all lanes, if the largest measured number is the best one",
    [
      [4, 20],
      [2, 10],
    ],
    8,
  ],
  [
    "a number that is as fast as larger ones, although the largest was not measured",
    [
      [4, 20],
      [2, 20],
    ],
    2,
  ],
  ["all lanes, if only one number was measured", [[2, 20]], 8],
  ["all lanes, if nothing was measured", [], 8],
])("%s", (_, rates, expected) => {
  const measured = rates.map(([lanes, audioSPerS]) => ({ lanes, audioSPerS }));
  expect(chooseLanes(measured, 8)).toBe(expected);
});
