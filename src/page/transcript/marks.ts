/**
 * Keeps the times of words while the user corrects the text. A mark is a part of the text with a time. After a change,
 * the marks before and after the changed part keep their words, and the changed part gets the time of the words that it
 * replaces.
 */
import type { WireWord } from "../api/events.ts";

export interface Mark {
  /** Index of the first character of the text. */
  readonly from: number;
  /** Index after the last character of the text. */
  readonly to: number;
  readonly startS: number;
  readonly endS: number;
}

export interface TimedWord extends Mark {
  readonly word: string;
}

/**
 * Finds words in the text, in their order. Returns their marks, and the number of words that were read: the words after
 * them belong to the next segment. A word that is not in the text is skipped if it starts before `endS`.
 */
export function placeWords(
  text: string,
  words: readonly WireWord[],
  endS: number,
): { readonly marks: Mark[]; readonly count: number } {
  const marks: Mark[] = [];
  let position = 0;
  let count = 0;
  for (const { word, start, end } of words) {
    const at = text.slice(position, position + word.length + lookAhead).indexOf(word);
    if (at < 0 && start >= endS) break;
    count++;
    if (at < 0) continue;
    const from = position + at;
    position = from + word.length;
    marks.push({ from, to: position, startS: start, endS: end });
  }
  return { marks, count };
}

/** Returns the marks after the text changed from `before` to `after`. */
export function moveMarks(marks: readonly Mark[], before: string, after: string): Mark[] {
  const same = commonStart(before, after);
  const sameEnd = commonStart(reversed(before.slice(same)), reversed(after.slice(same)));
  const change = { from: same, to: before.length - sameEnd };
  const grown = after.length - before.length;
  const touched = marks.filter(({ from, to }) => to >= change.from && from <= change.to);
  const [first, last] = [touched[0], touched.at(-1)];
  if (first === undefined || last === undefined) {
    return marks.map((mark) => (mark.from >= change.to ? shifted(mark, grown) : mark));
  }
  const changed = {
    from: Math.min(first.from, change.from),
    to: Math.max(last.to, change.to) + grown,
    startS: first.startS,
    endS: last.endS,
  };
  return [
    ...marks.filter(({ to }) => to < change.from),
    ...(after.slice(changed.from, changed.to).trim() === "" ? [] : [changed]),
    ...marks.filter(({ from }) => from > change.to).map((mark) => shifted(mark, grown)),
  ];
}

/** Returns the words of the marks. If a mark has several words, each gets a share of its time by its length. */
export function wordsOf(marks: readonly Mark[], text: string): TimedWord[] {
  return marks.flatMap((mark) => {
    const found = [...text.slice(mark.from, mark.to).matchAll(/\S+/g)];
    const length = found.reduce((sum, [word]) => sum + word.length, 0);
    const secondsPerLetter = (mark.endS - mark.startS) / length;
    let startS = mark.startS;
    return found.map(({ 0: word, index }) => {
      const endS = startS + word.length * secondsPerLetter;
      const timed = {
        word,
        from: mark.from + index,
        to: mark.from + index + word.length,
        startS,
        endS,
      };
      startS = endS;
      return timed;
    });
  });
}

// --- internal ---

/** Maximum number of characters between two words, such as spaces and punctuation. */
const lookAhead = 24;

function commonStart(one: string, other: string): number {
  const longest = Math.min(one.length, other.length);
  let length = 0;
  while (length < longest && one[length] === other[length]) length++;
  return length;
}

function reversed(text: string): string {
  return text.split("").toReversed().join("");
}

function shifted(mark: Mark, by: number): Mark {
  return { ...mark, from: mark.from + by, to: mark.to + by };
}
