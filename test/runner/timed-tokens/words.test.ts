/** Tests the conversion of tokens with times to words, in one call and across many feeds. */
import { expect, test } from "bun:test";
import { type TimedWord, WordJoiner } from "../../../src/runner/timed-tokens/words.ts";
import { timed, tokenOf, vocabulary } from "./tokens.ts";

function join(tokens: ReturnType<typeof timed>, audioEndS = 100): TimedWord[] {
  const joiner = new WordJoiner(vocabulary);
  return [...joiner.push(tokens), ...joiner.flush(audioEndS)];
}

const brief = (words: readonly TimedWord[]) =>
  words.map(({ text, startS, endS }) => [text, startS, endS]);

test("a token that begins with a space starts a word, and the next tokens join it", () => {
  const words = join(
    timed([" he", 0.5, 0.75, -1], ["llo", 0.75, 1, -2], [" wor", 1.25, 1.5], ["ld", 1.5, 2]),
  );
  expect(brief(words)).toEqual([
    [" hello", 0.5, 1],
    [" world", 1.25, 2],
  ]);
  expect(words[0]).toMatchObject({
    tokens: [tokenOf(" he"), tokenOf("llo")],
    logprobs: [-1, -2],
  });
});

test("a space that is a token on its own starts the next word", () => {
  const words = join(timed([" ", 0, 0.25], ["a", 0.25, 0.5], [" ", 1, 1.25], ["b", 1.25, 1.5]));
  expect(brief(words)).toEqual([
    [" a", 0.25, 0.5],
    [" b", 1.25, 1.5],
  ]);
});

test("a mark joins the word before it and takes no time; an opening mark joins the word after it", () => {
  const words = join(
    timed(
      [" quoi", 0, 0.5],
      [" ?", 0.5, 2],
      [" ", 2, 2],
      ["!", 2, 2.25],
      [" ¿", 3, 3.25],
      ["Qué", 4, 4.5],
      [" (", 5, 5.25],
      [" so", 5.5, 6],
      [")", 6, 7],
    ),
  );
  expect(brief(words)).toEqual([
    [" quoi ? !", 0, 0.5],
    [" ¿Qué", 4, 4.5],
    [" ( so)", 5.5, 6],
  ]);
});

test("a plain quotation mark opens after a space, and closes elsewhere", () => {
  const pieces = timed(
    [" so", 0, 1],
    [' "', 1, 2],
    ["a", 2, 3],
    ['"', 3, 4],
    [" ", 4, 4],
    ['"', 4, 5],
  );
  const more = timed(["b", 5, 6], ['"', 6, 7]);
  const joiner = new WordJoiner(vocabulary);
  const words = [...joiner.push(pieces), ...joiner.push(more), ...joiner.flush(9)];
  expect(words.map(({ text }) => text)).toEqual([" so", ' "a"', ' "b"']);
});

test("marks inside a word do not split it", () => {
  const pieces = timed([" 3", 0, 0.25], [".", 0.25, 0.5], ["5", 0.5, 0.75], ["%", 0.75, 1]);
  expect(brief(join(pieces))).toEqual([[" 3.5%", 0, 0.75]]);
});

test("marks before the first word are dropped", () => {
  expect(join(timed([".", 0, 1]))).toEqual([]);
  expect(brief(join(timed([" .", 0, 1], [" yes", 1, 2])))).toEqual([[" yes", 1, 2]]);
});

test("the first word of a chunk starts with a space, even if its token has none", () => {
  expect(brief(join(timed(["Yes", 0, 1])))).toEqual([[" Yes", 0, 1]]);
});

test("in writing without spaces, each token is a word", () => {
  const words = join(timed(["今日", 0, 0.5], ["は", 0.5, 0.75], ["。", 0.75, 1], [" OK", 1, 2]));
  expect(words.map(({ text }) => text)).toEqual(["今日", "は。", " OK"]);
});

test("a character may span several tokens", () => {
  const [a, b] = [Uint8Array.of(0x20, 0xc3), Uint8Array.of(0xa9)];
  const tokens = {
    ...timed(["", 0, 0.5], ["", 0.5, 1]),
    tokens: Int32Array.of(tokenOf(a), tokenOf(b)),
  };
  expect(brief(join(tokens))).toEqual([[" é", 0, 1]]);
});

test("words neither overlap nor end after the audio", () => {
  const words = join(timed([" a", 1, 3], [" b", 2, 2.5], [" c", 2, 9], [" d", 2, 2]), 4);
  expect(brief(words)).toEqual([
    [" a", 1, 2],
    [" b", 2, 2],
    [" c", 2, 2],
    [" d", 2, 2],
  ]);
  expect(brief(join(timed([" a", 0, 5], [" ", 1, 1], ["¿", 2, 3])))).toEqual([
    [" a", 0, 2],
    [" ¿", 2, 3],
  ]);
  expect(brief(join(timed([" end", 3, 9]), 4))).toEqual([[" end", 3, 4]]);
});

test("the division of tokens into feeds does not change the words", () => {
  const pieces = [
    [" he", 0, 1],
    ["llo", 1, 2],
    [".", 2, 3],
    [" ", 3, 3],
    ["wor", 4, 5],
    ["ld", 5, 6],
    [" !", 6, 7],
    [" x", 8, 9],
  ] as const;
  const whole = join(timed(...pieces));
  for (let at = 0; at <= pieces.length; at++) {
    const joiner = new WordJoiner(vocabulary);
    const words = [
      ...joiner.push(timed(...pieces.slice(0, at))),
      ...joiner.push(timed()),
      ...joiner.push(timed(...pieces.slice(at))),
      ...joiner.flush(100),
    ];
    expect(words).toEqual(whole);
  }
});
