/** Tests which numbers of lanes a calibration compares. */
import { expect, test } from "bun:test";
import { laneCandidates } from "../../../src/runner/calibration/candidates.ts";

test.each([
  [8, 2, [8, 4]],
  [64, 16, [64, 32]],
  [32, 4, [32, 16, 8]],
  [12, 8, [12]],
  [5, 1, [5, 2]],
  [2, 2, [2]],
  [1, 4, [1]],
])("%d lanes on %d cores", (lanes, cores, expected) => {
  expect(laneCandidates(lanes, cores)).toEqual(expected);
});
