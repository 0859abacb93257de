/** Tests how the words of a transcript are divided among its segments. */
import { expect, test } from "bun:test";
import type { Segment, Transcript, Word } from "../../src/transcript/transcript.ts";
import { wordsBySegment } from "../../src/transcript/words-by-segment.ts";

type Span = readonly [startS: number, endS: number, channel?: number];

function divided(segments: readonly Span[], words: readonly (readonly [string, ...Span])[] | null) {
  const transcript: Transcript = {
    task: "transcribe",
    text: "",
    language: "en",
    durationS: 10,
    segments: segments.map(([startS, endS, channel], id): Segment => ({
      id,
      startS,
      endS,
      text: "",
      tokens: [],
      temperature: 0,
      compressionRatio: 1,
      seekS: 0,
      ...(channel === undefined ? {} : { channel }),
    })),
    words:
      words === null
        ? null
        : words.map(([text, startS, endS, channel]): Word => ({
            text,
            startS,
            endS,
            ...(channel === undefined ? {} : { channel }),
          })),
  };
  return wordsBySegment(transcript)?.map((found) => found.map(({ text }) => text));
}

test("the middle of a word decides, and words outside of all segments are kept", () => {
  expect(
    divided(
      [
        [1, 2],
        [3, 4],
      ],
      [
        ["before", 0, 0.5],
        ["over", 1.7, 2.2],
        ["between", 2.4, 2.6],
        ["in", 3, 4],
        ["after", 5, 6],
      ],
    ),
  ).toEqual([
    ["before", "over"],
    ["between", "in", "after"],
  ]);
});

test("a word stays in its channel, also when the segments of channels overlap", () => {
  expect(
    divided(
      [
        [0, 4, 2],
        [1, 2, 1],
        [2, 3, 1],
      ],
      [
        ["b", 0, 1, 2],
        ["c", 1, 2, 1],
        ["b", 1.4, 1.6, 2],
        ["c", 2.1, 3, 1],
      ],
    ),
  ).toEqual([["b", "b"], ["c"], ["c"]]);
});

test("segments without words have none, and a transcript without word times has no lists", () => {
  expect(divided([[0, 1]], null)).toBeUndefined();
  expect(
    divided(
      [
        [0, 1],
        [1, 2],
      ],
      [],
    ),
  ).toEqual([[], []]);
  expect(divided([], [["lost", 0, 1]])).toEqual([]);
});
