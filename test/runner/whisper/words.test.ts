import { describe, expect, test } from "bun:test";
import type { ChunkSegment } from "../../../src/runner/whisper/segments.ts";
import { timeWords } from "../../../src/runner/whisper/words.ts";
import { at, modelOf } from "./model.ts";

type Piece = readonly [text: string | Uint8Array, startS: number, endS: number];

/** Returns the words of a segment. `pieces` contains the text and the times of each token. */
function wordsOf(
  pieces: readonly Piece[],
  {
    language = "en",
    startS = 0,
    endS = 30,
  }: { language?: string; startS?: number; endS?: number } = {},
) {
  const segment: ChunkSegment = {
    startS,
    endS,
    tokens: [at(startS), ...pieces.map((_, id) => id), at(endS)],
  };
  const times = {
    startS: Float32Array.from(pieces, ([, from]) => from),
    endS: Float32Array.from(pieces, ([, , to]) => to),
  };
  const [timed] = timeWords([segment], times, language, modelOf(pieces.map(([text]) => text)));
  return (timed?.words ?? []).map(({ text, startS: from, endS: to }) => [
    text,
    hundredths(from),
    hundredths(to),
  ]);
}

const hundredths = (seconds: number) => Math.round(seconds * 100) / 100;

describe("timeWords()", () => {
  test("starts a word at each token that begins with a space", () => {
    expect(
      wordsOf([
        [" Inter", 0, 0.3],
        ["-", 0.3, 0.4],
        ["Ast", 0.4, 0.6],
        ["erisk", 0.6, 1],
        [" call", 1, 1.4],
      ]),
    ).toEqual([
      ["Inter-Asterisk", 0, 1],
      ["call", 1, 1.4],
    ]);
  });

  test("joins marks to their words and gives them no time", () => {
    const pieces = [
      [' "', 0, 0.5],
      ["Ask", 0.5, 0.9],
      [" not", 0.9, 1.3],
      [",", 1.3, 1.9],
      ['"', 1.9, 2],
      [" he", 2, 2.3],
      [" said", 2.3, 2.7],
      [".", 2.7, 3],
    ] as const;
    expect(wordsOf(pieces)).toEqual([
      ['"Ask', 0.5, 0.9],
      ['not,"', 0.9, 1.3],
      ["he", 2, 2.3],
      ["said.", 2.3, 2.7],
    ]);
  });

  test("keeps contractions and numbers whole", () => {
    expect(
      wordsOf([
        [" don", 0, 0.3],
        ["'t", 0.3, 0.5],
        [" pay", 0.5, 0.8],
        [" 3", 0.8, 1],
        [".", 1, 1.1],
        ["50", 1.1, 1.5],
      ]).map(([text]) => text),
    ).toEqual(["don't", "pay", "3.50"]);
  });

  test("takes each token for a word in a language without spaces", () => {
    expect(
      wordsOf(
        [
          ["今日", 0, 1],
          ["は", 1, 1.5],
          ["。", 1.5, 2],
        ],
        { language: "ja" },
      ),
    ).toEqual([
      ["今日", 0, 1],
      ["は。", 1, 1.5],
    ]);
  });

  test("joins the tokens of one character", () => {
    const [ho, ri] = [Buffer.from(" 💬").subarray(0, 3), Buffer.from(" 💬").subarray(3)];
    expect(
      wordsOf([
        [" a", 0, 0.5],
        [ho, 0.5, 0.8],
        [ri, 0.8, 1.2],
      ]),
    ).toEqual([
      ["a", 0, 0.5],
      ["💬", 0.5, 1.2],
    ]);
  });

  test("shortens a word after the end of a sentence if it contains the pause", () => {
    const pieces = [
      [" One", 0, 0.4],
      [" two", 0.4, 0.8],
      [" three", 0.8, 1.2],
      [".", 1.2, 4],
      [" Four", 4, 7],
      [" five", 7, 7.4],
      [" six", 7.4, 7.8],
    ] as const;
    expect(wordsOf(pieces)).toEqual([
      ["One", 0, 0.4],
      ["two", 0.4, 0.8],
      ["three.", 0.8, 1.2],
      ["Four", 6.2, 7],
      ["five", 7, 7.4],
      ["six", 7.4, 7.8],
    ]);
  });

  test("keeps words in order, and extends their segment to contain them", () => {
    const segment = { startS: 1, endS: 3, tokens: [at(1), 0, 1, 2, at(3)] };
    const times = { startS: Float32Array.of(0.2, 0.9, 1.5), endS: Float32Array.of(1.2, 2, 9) };
    const [timed] = timeWords([segment], times, "en", modelOf([" a", " b", " c"]));
    const words = timed!.words.map(({ startS, endS }) => [hundredths(startS), hundredths(endS)]);
    // The start of "a" and the end of "c" were too far from the timestamps of the segment, so `timeWords` has changed
    // them.
    expect(words).toEqual([
      [0.5, 1.2],
      [1.2, 2],
      [2, 3],
    ]);
    expect([hundredths(timed!.startS), timed!.endS]).toEqual([0.5, 3]);
  });

  test("shortens the first word after a pause", () => {
    const segment = { startS: 0, endS: 10, tokens: [at(0), 0, 1, 2, at(10)] };
    const times = { startS: Float32Array.of(0, 6, 6.4), endS: Float32Array.of(6, 6.4, 6.8) };
    const [timed] = timeWords([segment], times, "en", modelOf([" so", " it", " goes"]));
    expect(timed!.words.map(({ startS }) => hundredths(startS))).toEqual([5.2, 6, 6.4]);
  });

  test("assigns times to several segments in order", () => {
    const segments = [
      { startS: 0, endS: 2, tokens: [at(0), 0, at(2)] },
      { startS: 2, endS: 4, tokens: [at(2), 1, at(4)] },
    ];
    const times = { startS: Float32Array.of(0.5, 2.5), endS: Float32Array.of(1, 3) };
    const timed = timeWords(segments, times, "en", modelOf([" one", " two"]));
    expect(timed.flatMap(({ words }) => words)).toEqual([
      { text: "one", startS: 0.5, endS: 1 },
      { text: "two", startS: 2.5, endS: 3 },
    ]);
    expect(timed.map(({ startS, endS }) => [startS, endS])).toEqual([
      [0.5, 1],
      [2.5, 3],
    ]);
  });
});
