/**
 * Keeps the times of words while the user corrects the text. A mark is a part of the text with a time. After a change,
 * the marks before and after the changed part keep their words, and the changed part gets the time of the words that it
 * replaces.
 */
import { findWords, type SpokenWord, type WordSpan } from "../../transcript/word-spans.ts";
import type { WireWord } from "../api/events.ts";

export type Mark = WordSpan;

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
  const { spans, next } = findWords(text, words, spokenWord, { next: 0, endS, lookAhead });
  return { marks: spans, count: next };
}

/** Returns the marks after the text changed from `before` to `after`. */
export function moveMarks(marks: readonly Mark[], before: string, after: string): Mark[] {
  const change = changeOf(before, after);
  const moved = (mark: Mark) => ({ ...mark, from: mark.from + change.by, to: mark.to + change.by });
  const touched = marks.filter((mark) => isTouched(mark, change));
  const [first, last] = [touched[0], touched.at(-1)];
  const left = marks.filter((mark) => mark.to <= change.from && !touched.includes(mark));
  const right = marks.filter((mark) => mark.from >= change.to && !touched.includes(mark));
  if (first === undefined || last === undefined) return [...left, ...right.map(moved)];
  const changed = {
    from: Math.min(first.from, change.from),
    to: Math.max(last.to, change.to) + change.by,
    startS: first.startS,
    endS: last.endS,
  };
  const isEmpty = after.slice(changed.from, changed.to).trim() === "";
  return [...left, ...(isEmpty ? [] : [changed]), ...right.map(moved)];
}

/** Returns the words of the marks. If a mark has several words, each gets a share of its time by its length. */
export function wordsOf(marks: readonly Mark[], text: string): TimedWord[] {
  return marks.flatMap((mark) => {
    const found = [...text.slice(mark.from, mark.to).matchAll(/\S+/g)];
    const length = found.reduce((sum, [word]) => sum + word.length, 0);
    const timeAt = (letters: number) =>
      letters === length ? mark.endS : mark.startS + ((mark.endS - mark.startS) * letters) / length;
    let letters = 0;
    return found.map(({ 0: word, index }) => {
      const startS = timeAt(letters);
      letters += word.length;
      const from = mark.from + index;
      return { word, from, to: from + word.length, startS, endS: timeAt(letters) };
    });
  });
}

// --- internal ---

/** Maximum number of characters between two words, such as spaces and punctuation. */
const lookAhead = 24;

function spokenWord({ word, start, end }: WireWord): SpokenWord {
  return { text: word, startS: start, endS: end };
}

/** The part of a text that a change replaced. */
interface Change {
  readonly from: number;
  readonly to: number;
  /** By how many characters the text became longer. */
  readonly by: number;
  /** Whether the change is a part of the word that ends before it. */
  readonly extendsLeft: boolean;
  /** Whether the change is a part of the word that starts after it. */
  readonly extendsRight: boolean;
}

function changeOf(before: string, after: string): Change {
  const from = commonStart(before, after);
  const sameEnd = commonStart(reversed(before.slice(from)), reversed(after.slice(from)));
  const to = before.length - sameEnd;
  const added = after.slice(from, after.length - sameEnd);
  // Without the space between them, two words become one.
  const joins = added === "" && before.slice(from, to).trim() === "";
  return {
    from,
    to,
    by: after.length - before.length,
    extendsLeft: joins || /^\S/.test(added),
    extendsRight: joins || /\S$/.test(added),
  };
}

/** Returns whether the change is inside the word of a mark, or belongs to it. */
function isTouched({ from, to }: Mark, change: Change): boolean {
  return (
    (to > change.from && from < change.to) ||
    (to === change.from && change.extendsLeft) ||
    (from === change.to && change.extendsRight)
  );
}

function commonStart(one: string, other: string): number {
  const longest = Math.min(one.length, other.length);
  let length = 0;
  while (length < longest && one[length] === other[length]) length++;
  return length;
}

function reversed(text: string): string {
  return text.split("").toReversed().join("");
}
