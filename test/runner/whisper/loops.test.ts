import { describe, expect, test } from "bun:test";
import { dropLoops, isSpokenRepetition } from "../../../src/runner/whisper/loops.ts";
import type { SpeechSpan } from "../../../src/runner/audio/span.ts";
import type { ChunkSegment } from "../../../src/runner/whisper/segments.ts";
import { at, info } from "./model.ts";

const { tokenTextEnd } = info;

/** Text tokens of a segment, and its start and end in seconds. */
type Said = readonly [startS: number, endS: number, text: readonly number[]];

function segmentsOf(said: readonly Said[]): ChunkSegment[] {
  return said.map(([startS, endS, text]) => ({
    startS,
    endS,
    tokens: [at(startS), ...text, at(endS)],
  }));
}

/** Returns the text tokens of each segment that `dropLoops` keeps. */
function left(said: readonly Said[], isComplete = true) {
  return dropLoops(segmentsOf(said), { tokenTextEnd, isComplete }).map(({ tokens }) =>
    tokens.filter((id) => id < tokenTextEnd),
  );
}

const times = (n: number, text: readonly number[]): number[] =>
  Array.from({ length: n }, () => text).flat();

describe("dropLoops()", () => {
  test("keeps one copy of a repetition that is faster than speech", () => {
    expect(left([[0, 2, [7, 8, ...times(20, [1, 2, 3]), 9]]])).toEqual([[7, 8, 1, 2, 3, 9]]);
  });

  test("drops the log-probabilities of the dropped tokens", () => {
    const [segment] = segmentsOf([[0, 2, [7, 8, ...times(20, [1, 2, 3]), 9]]]);
    const logprobs = segment!.tokens.map((_, n) => -n);
    const [kept] = dropLoops([{ ...segment!, logprobs }], { tokenTextEnd, isComplete: true });
    expect(kept?.logprobs?.map((logprob) => segment!.tokens[-logprob]!)).toEqual([...kept!.tokens]);
    expect(kept?.logprobs?.slice(0, 6)).toEqual([-0, -1, -2, -3, -4, -5]);
  });

  test("keeps a repetition that is as slow as speech", () => {
    const said = [7, ...times(8, [1, 2, 3]), 9];
    expect(left([[0, 10, said]])).toEqual([said]);
  });

  test("drops a repetition that still runs at the length limit", () => {
    const said = [7, ...times(8, [1, 2, 3])];
    expect(left([[0, 10, said]], false)).toEqual([[7, 1, 2, 3]]);
  });

  test("keeps a repetition that ended before the length limit", () => {
    const said = [7, ...times(8, [1, 2, 3]), 9];
    expect(left([[0, 10, said]], false)).toEqual([said]);
  });

  test("finds loops across segments, and drops segments that become empty", () => {
    expect(
      left([
        [0, 0.5, [7, 1, 2]],
        [0.5, 0.6, [1, 2, 1, 2, 1, 2]],
        [0.6, 0.7, [1, 2, 1, 2]],
        [1, 2, [9]],
      ]),
    ).toEqual([[7, 1, 2], [9]]);
  });

  test("keeps three repetitions, which may be speech", () => {
    expect(left([[0, 0.1, [1, 1, 1]]])).toEqual([[1, 1, 1]]);
  });
});

describe("isSpokenRepetition()", () => {
  const isSpoken = (
    said: readonly Said[],
    isComplete = true,
    speech: readonly SpeechSpan[] | null = null,
  ) => isSpokenRepetition(segmentsOf(said), speech, { tokenTextEnd, isComplete });
  const tenTimes = (seconds: number, text: readonly number[]): Said[] =>
    Array.from({ length: 10 }, (_, n) => [n * seconds, (n + 1) * seconds, text]);

  test("is true for a text if each repetition has its own times", () => {
    expect(isSpoken(tenTimes(1.7, [1, 2, 3]))).toBe(true);
    expect(isSpoken(tenTimes(1.7, [1, 2, 3]).slice(0, 2))).toBe(true);
  });

  test("is false for repetitions that are faster than speech", () => {
    expect(isSpoken(tenTimes(0.2, [1, 2, 3]))).toBe(false);
  });

  test("is false if one of the segments is faster than speech", () => {
    expect(isSpoken([...tenTimes(1.7, [1, 2, 3]), [17, 17, [4, 5, 6]]])).toBe(false);
  });

  test("is false for repetitions inside one segment if the spans of speech are unknown", () => {
    expect(isSpoken([[0, 17, times(10, [1, 2, 3])]])).toBe(false);
    const inside: Said = [17, 30, times(4, [4, 5])];
    expect(isSpoken([...tenTimes(1.7, [1, 2, 3]), inside])).toBe(false);
  });

  test.each([
    [30, 4.9, false],
    [30, 5.1, true],
    [30, 17, true],
    [12, 11.9, true],
    [12, 12.1, false],
  ])("for %p tokens inside one segment with %p s of speech is %p", (tokens, speechS, spoken) => {
    const said: Said[] = [[0, 17, times(tokens / 3, [1, 2, 3])]];
    expect(isSpoken(said, true, [{ startS: 0, endS: speechS }])).toBe(spoken);
  });

  test("counts only the speech in the segment that repeats itself", () => {
    const said: Said[] = [
      [0, 4, times(10, [1, 2, 3])],
      [4, 17, [4, 5]],
    ];
    expect(isSpoken(said, true, [{ startS: 0, endS: 17 }])).toBe(false);
  });

  test("is false for text that the length limit cut off", () => {
    const whole = [{ startS: 0, endS: 17 }];
    expect(isSpoken([[0, 17, times(10, [1, 2, 3])]], false, whole)).toBe(false);
    expect(isSpoken(tenTimes(1.7, [1, 2, 3]), false)).toBe(false);
  });
});
