/** Tests subtitles: their limits, their line breaks and their times. */
import { expect, test } from "bun:test";
import { chooseCueLimits, type CueLimits } from "../../src/transcript/cue-limits.ts";
import { type Cue, cutCues } from "../../src/transcript/cues.ts";
import type { Segment, Word } from "../../src/transcript/transcript.ts";
import { plainFacts } from "./plain-facts.ts";

const declaration =
  " And so, my fellow Americans, ask not what your country can do for you, ask what you can do for your country." +
  " It is a far, far better thing that I do, than I have ever done; it is a far, far better rest that I go to.";

function segmentOf(text: string, startS: number, endS: number): Segment {
  return { id: 0, text, startS, endS, ...plainFacts };
}

/**
 * Returns words with a duration of `secondsEach` seconds. Between two words there is a pause of a tenth of a second.
 */
function wordsOf(text: string, secondsEach: number, startS = 0): Word[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word, index) => {
      const from = startS + index * (secondsEach + 0.1);
      return { text: word, startS: from, endS: from + secondsEach };
    });
}

function cut(segments: Segment[], words: Word[] | null, limits: Partial<CueLimits> = {}): Cue[] {
  const transcript = {
    task: "transcribe" as const,
    text: "",
    language: null,
    durationS: 60,
    segments,
    words,
  };
  return cutCues(transcript, chooseCueLimits(limits));
}

const linesOf = (cues: Cue[]) => cues.map(({ lines }) => lines);
const textOf = (cues: Cue[], glue = " ") => cues.flatMap(({ lines }) => lines).join(glue);

test("cues keep to every limit, and lose and change no word", () => {
  const words = wordsOf(declaration, 0.3);
  const segment = segmentOf(declaration, 0, words.at(-1)!.endS);
  for (const lineWidthMax of [12, 20, 42, 80]) {
    for (const linesMax of [1, 2, 3]) {
      for (const secondsMax of [1.5, 4, 7]) {
        const cues = cut([segment], words, { lineWidthMax, linesMax, secondsMax });
        expect(textOf(cues)).toBe(declaration.trim());
        for (const { lines, startS, endS } of cues) {
          expect(lines.length).toBeWithin(1, linesMax + 1);
          expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(lineWidthMax);
          expect(endS - startS).toBeLessThanOrEqual(secondsMax);
        }
      }
    }
  }
});

test("a cue begins with its first word and ends with its last one", () => {
  const words = wordsOf(declaration, 0.3);
  const cues = cut([segmentOf(declaration, 0, 30)], words);
  let next = 0;
  for (const { lines, startS, endS } of cues) {
    const count = lines.join(" ").split(" ").length;
    expect(startS).toBeCloseTo(words[next]!.startS, 6);
    expect(endS).toBeCloseTo(words[next + count - 1]!.endS, 6);
    next += count;
  }
  expect(next).toBe(words.length);
});

test("lines break after punctuation if they then have a similar width, otherwise in the middle", () => {
  const one = (text: string) => linesOf(cut([segmentOf(text, 0, 5)], null))[0];
  expect(one(" When the door was finally opened, nobody was inside.")).toEqual([
    "When the door was finally opened,",
    "nobody was inside.",
  ]);
  expect(one(" Yes, nobody could have told us where the others went")).toEqual([
    "Yes, nobody could have told",
    "us where the others went",
  ]);
  expect(one(" It fits on one line.")).toEqual(["It fits on one line."]);
});

test("cues end with sentences and at pauses", () => {
  const text =
    " This is the first sentence of the two. And this here is the second one, a bit longer.";
  expect(linesOf(cut([segmentOf(text, 0, 9)], null))).toEqual([
    ["This is the first sentence of the two."],
    ["And this here is the second one,", "a bit longer."],
  ]);
  const words = [...wordsOf("one two three", 0.4), ...wordsOf("four five six", 0.4, 10)];
  const paused = cut([segmentOf(" one two three four five six", 0, 11.4)], words);
  expect(linesOf(paused)).toEqual([["one two three"], ["four five six"]]);
  expect(paused[0]!.endS).toBeCloseTo(1.4, 6);
  expect(paused[1]!.startS).toBe(10);
  // A pause of more than three seconds ends a subtitle, even if the subtitle is shorter than `secondsMax`.
  const silent = [...wordsOf("one", 0.4), ...wordsOf("two", 0.4, 4)];
  const long = cut([segmentOf(" one two", 0, 4.4)], silent, { secondsMax: 60 });
  expect(linesOf(long)).toEqual([["one"], ["two"]]);
});

test("a word that is wider than a line or longer than a cue is not split", () => {
  const word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
  const words = [
    { text: "Die", startS: 0, endS: 0.5 },
    { text: word, startS: 0.5, endS: 12 },
    { text: "tagt.", startS: 12, endS: 12.5 },
  ];
  const cues = cut([segmentOf(` Die ${word} tagt.`, 0, 12.5)], words);
  expect(cues.flatMap(({ lines }) => lines)).toContain(word);
  expect(cues.every(({ startS, endS }) => endS - startS <= 7)).toBe(true);
});

test.each([
  [
    "Japanese",
    "今日は天気がいいですね。「日本語」のテキストを、字幕に分けるときは、単語の途中で切ってはいけません。ちょっと待って。",
    ["日本語」", "テキスト", "単語", "ちょっと"],
  ],
  [
    "Chinese",
    "我们今天讨论人工智能的发展，以及它对社会的影响。谢谢大家！我爱北京天安门，天安门上太阳升。",
    ["人工", "影响。", "大家！"],
  ],
  [
    "Thai",
    "สวัสดีครับผมชื่อสมชายและผมอยากจะบอกว่าวันนี้อากาศดีมากเราไปเที่ยวทะเลกันเถอะนะครับทุกคน",
    ["สวัสดี", "อากาศ", "ทะเล"],
  ],
])("%s breaks between words, never before a closing mark", (_language, text, whole) => {
  // In this test, each word has a single character. Some tokenizers split text in these languages into such words.
  const characters = Array.from(text);
  const words = characters.map((character, index) => ({
    text: character,
    startS: index * 0.1,
    endS: (index + 1) * 0.1,
  }));
  for (const lineWidthMax of [10, 16, 24, 42]) {
    const cues = cut([segmentOf(text, 0, words.at(-1)!.endS)], words, { lineWidthMax });
    const lines = cues.flatMap((cue) => cue.lines);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join("")).toBe(text);
    for (const line of lines) {
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(lineWidthMax);
      expect(line).not.toMatch(/^[\p{M}。、，！」っょー]|「$/u);
    }
    for (const word of whole) expect(lines.some((line) => line.includes(word))).toBe(true);
  }
});

test("without word times a segment spreads its time evenly", () => {
  const cues = cut([segmentOf(" aaaa bbbb cccc dddd", 10, 18)], null, { secondsMax: 4 });
  expect(cues).toEqual([
    { startS: 10, endS: 14, lines: ["aaaa bbbb"] },
    { startS: 14, endS: 18, lines: ["cccc dddd"] },
  ]);
});

test("words that differ from the text of their segment do not shift the others", () => {
  const segments = [segmentOf(' "One" - two "', 0, 2), segmentOf(" three four", 5, 7)];
  const words = [
    { text: '"One"', startS: 0.1, endS: 0.5 },
    { text: "too", startS: 0.6, endS: 1 },
    { text: "three", startS: 5.1, endS: 5.5 },
    { text: "four", startS: 6, endS: 6.9 },
  ];
  const cues = cut(segments, words);
  expect(linesOf(cues)).toEqual([['"One" - two "'], ["three four"]]);
  expect(cues[1]).toMatchObject({ startS: 5.1, endS: 6.9 });
});

test("a punctuation mark between spaces remains with its word", () => {
  const cues = cut([segmentOf(" « Bonjour ! » dit-il – oui", 0, 3)], null, { lineWidthMax: 8 });
  const lines = cues.flatMap((cue) => cue.lines);
  expect(lines).toEqual(["« Bonjour ! »", "dit-il –", "oui"]);
});

test("a segment without text has no cue", () => {
  expect(cut([segmentOf("  ", 0, 1)], null)).toEqual([]);
  expect(cut([], [])).toEqual([]);
});
