/** Tests the times of words after corrections. */
import { describe, expect, test } from "bun:test";
import { moveMarks, placeWords, wordsOf } from "../../src/page/transcript/marks.ts";

const spoken = (text: string) =>
  text.split(" ").map((word, index) => ({ word, start: index, end: index + 1 }));

/** Returns the words with their times after the text was changed. */
function after(
  before: string,
  ...changes: readonly string[]
): (readonly [string, number, number])[] {
  let text = before;
  let { marks } = placeWords(text, spoken(before.replaceAll(/[.,]/g, "")), 100);
  for (const change of changes) {
    marks = moveMarks(marks, text, change);
    text = change;
  }
  return wordsOf(marks, text).map(({ word, startS, endS }) => [word, startS, endS]);
}

describe("words are found in the text", () => {
  test("between punctuation marks", () => {
    const { marks, count } = placeWords("Ask not, Ann: ask.", spoken("Ask not Ann ask"), 100);
    expect(marks.map(({ from, to }) => [from, to])).toEqual([
      [0, 3],
      [4, 7],
      [9, 12],
      [14, 17],
    ]);
    expect(count).toBe(4);
  });

  test("in text without spaces", () => {
    const { marks } = placeWords("你好世界", spoken("你好 世界"), 100);
    expect(marks.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [2, 4],
    ]);
  });

  test("up to the end of the segment; the others belong to the next segment", () => {
    expect(placeWords("one two", spoken("one two three"), 2)).toMatchObject({ count: 2 });
  });

  test("and a word that is not in the text is skipped", () => {
    const { marks, count } = placeWords("one three", spoken("one two three"), 100);
    expect(marks.map(({ startS }) => startS)).toEqual([0, 2]);
    expect(count).toBe(3);
  });
});

describe("after a correction", () => {
  test("the other words keep their times", () => {
    expect(after("ask not what", "ask knot what")).toEqual([
      ["ask", 0, 1],
      ["knot", 1, 2],
      ["what", 2, 3],
    ]);
  });

  test("several words share the time of the word that they replace", () => {
    expect(after("ask not what", "ask no more what")).toEqual([
      ["ask", 0, 1],
      ["no", 1, 1 + 2 / 6],
      ["more", 1 + 2 / 6, 2],
      ["what", 2, 3],
    ]);
  });

  test("one word gets the time of the words that it replaces", () => {
    expect(after("the bat man ran", "the batman ran")).toEqual([
      ["the", 0, 1],
      ["batman", 1, 3],
      ["ran", 3, 4],
    ]);
  });

  test("a removed word has no time, and the words after it stay in their places", () => {
    expect(after("ask not what", "ask what")).toEqual([
      ["ask", 0, 1],
      ["what", 2, 3],
    ]);
    expect(after("ask not what", "ask not ", "ask not what")).toEqual([
      ["ask", 0, 1],
      ["not", 1, 2],
    ]);
  });

  test("typed letters add to a word, one after the other", () => {
    expect(after("ask not", "ask nota", "ask notar", "ask notary")).toEqual([
      ["ask", 0, 1],
      ["notary", 1, 2],
    ]);
  });

  test("a new word between others has no time", () => {
    expect(after("ask what", "ask not what")).toEqual([
      ["ask", 0, 1],
      ["what", 1, 2],
    ]);
  });

  test("words without the space between them are one word", () => {
    expect(after("bat man ran", "batman ran")).toEqual([
      ["batman", 0, 2],
      ["ran", 2, 3],
    ]);
  });

  test("a removed character does not join the words of a language without spaces", () => {
    const { marks } = placeWords("你好世界", spoken("你好 世界"), 100);
    const moved = moveMarks(marks, "你好世界", "你好界");
    expect(moved.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });

  test("text without words has no times", () => {
    expect(after("ask", "")).toEqual([]);
    expect(moveMarks([], "", "new")).toEqual([]);
  });
});
