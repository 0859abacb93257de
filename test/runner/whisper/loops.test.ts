import { describe, expect, test } from "bun:test";
import { dropLoops } from "../../../src/runner/whisper/loops.ts";
import { at, info } from "./model.ts";

const { tokenTextEnd } = info;

/** Text of the segments that stay, when each of these was said from `startS` to `endS`. */
function left(
  segments: readonly (readonly [startS: number, endS: number, text: readonly number[]])[],
  isComplete = true,
) {
  const cut = segments.map(([startS, endS, text]) => ({
    startS,
    endS,
    tokens: [at(startS), ...text, at(endS)],
  }));
  return dropLoops(cut, { tokenTextEnd, isComplete }).map(({ tokens }) =>
    tokens.filter((id) => id < tokenTextEnd),
  );
}

const times = (n: number, text: readonly number[]): number[] =>
  Array.from({ length: n }, () => text).flat();

describe("dropLoops()", () => {
  test("leaves one of what is written faster than anybody speaks", () => {
    expect(left([[0, 2, [7, 8, ...times(20, [1, 2, 3]), 9]]])).toEqual([[7, 8, 1, 2, 3, 9]]);
  });

  test("keeps a repetition that takes its time", () => {
    const said = [7, ...times(8, [1, 2, 3]), 9];
    expect(left([[0, 10, said]])).toEqual([said]);
  });

  test("drops what is still being repeated at the length limit", () => {
    const said = [7, ...times(8, [1, 2, 3])];
    expect(left([[0, 10, said]], false)).toEqual([[7, 1, 2, 3]]);
  });

  test("keeps text behind a repetition, though the length limit cut it off later", () => {
    const said = [7, ...times(8, [1, 2, 3]), 9];
    expect(left([[0, 10, said]], false)).toEqual([said]);
  });

  test("goes across segments, and drops those of which nothing stays", () => {
    expect(
      left([
        [0, 0.5, [7, 1, 2]],
        [0.5, 0.6, [1, 2, 1, 2, 1, 2]],
        [0.6, 0.7, [1, 2, 1, 2]],
        [1, 2, [9]],
      ]),
    ).toEqual([[7, 1, 2], [9]]);
  });

  test("takes three of a kind for speech", () => {
    expect(left([[0, 0.1, [1, 1, 1]]])).toEqual([[1, 1, 1]]);
  });
});
