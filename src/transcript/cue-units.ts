/**
 * Splits the text of a segment into units that stay on one line, and gives each its time. A unit is a word with its
 * punctuation marks. Scripts without spaces (Chinese, Japanese, Thai) are split by the word boundaries of Unicode.
 */
import type { Segment, Word } from "./transcript.ts";

export interface Unit {
  readonly text: string;
  /** Whether a space precedes the unit on its line. */
  readonly hasSpace: boolean;
  /** Columns on the screen: a wide character takes two. */
  readonly width: number;
  readonly startS: number;
  readonly endS: number;
}

/** Gives out the words of a transcript, segment by segment, in order of time. */
export class SegmentWords {
  readonly #words: readonly Word[];
  #next = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  /**
   * The units of the next segment. Their times come from the words. A segment without words (the model has no word
   * times) spreads its time evenly over its characters.
   */
  units(segment: Segment): Unit[] {
    const spans = fillGaps(this.#take(segment), segment);
    let from = 0;
    return splitText(segment.text).map(({ text, hasSpace }) => {
      const to = from + bare(text).length;
      const startS = startTime(spans, from);
      const endS = Math.max(startS, endTime(spans, to));
      from = to;
      return { text, hasSpace, width: Bun.stringWidth(text), startS, endS };
    });
  }

  /** Finds the words in the text of the segment. A word whose text differs from the segment's is left out. */
  #take(segment: Segment): Span[] {
    const text = bare(segment.text);
    const spans: Span[] = [];
    let position = 0;
    for (; this.#next < this.#words.length; this.#next++) {
      const word = this.#words[this.#next]!;
      const wanted = bare(word.text);
      const end = position + wanted.length + lookAhead;
      const at = text.slice(position, end).indexOf(wanted);
      if (at >= 0) {
        const from = position + at;
        position = from + wanted.length;
        spans.push({ from, to: position, startS: word.startS, endS: word.endS });
      } else if (word.startS >= segment.endS) break;
    }
    return spans.filter(({ from, to }) => to > from);
  }
}

// --- internal ---

/** Characters of a segment that may belong to no word: a mark that the word times left out. */
const lookAhead = 8;

/** A word in the text of its segment; offsets do not count spaces. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly startS: number;
  readonly endS: number;
}

function bare(text: string): string {
  return text.replace(/\s+/gu, "");
}

/** Text that no word covers has the time between its neighbours, unless it is only marks. */
function fillGaps(words: readonly Span[], { text, startS, endS }: Segment): Span[] {
  const letters = bare(text);
  const spans: Span[] = [];
  const end = { from: letters.length, to: letters.length, startS: endS, endS };
  let last: Span = { from: 0, to: 0, startS, endS: startS };
  for (const word of [...words, end]) {
    const isGap = /[\p{L}\p{N}]/u.test(letters.slice(last.to, word.from));
    if (isGap || (word === end && spans.length === 0)) {
      const gapEndS = Math.max(last.endS, word.startS);
      spans.push({ from: last.to, to: word.from, startS: last.endS, endS: gapEndS });
    }
    if (word !== end) spans.push(word);
    last = word;
  }
  return spans;
}

function startTime(spans: readonly Span[], offset: number): number {
  const span = spans.find(({ to }) => to > offset);
  return span === undefined ? spans.at(-1)!.endS : timeInside(span, Math.max(offset, span.from));
}

function endTime(spans: readonly Span[], offset: number): number {
  const span = spans.findLast(({ from }) => from < offset);
  return span === undefined ? spans[0]!.startS : timeInside(span, Math.min(offset, span.to));
}

function timeInside({ from, to, startS, endS }: Span, offset: number): number {
  if (offset === to) return endS;
  return startS + ((endS - startS) * (offset - from)) / (to - from);
}

interface Piece {
  readonly text: string;
  readonly hasSpace: boolean;
}

/** Scripts that write no spaces between words. */
const unspaced =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\u3000-\u303F\uFF00-\uFFEF]/u;
const unspacedAtStart = new RegExp(`^${unspaced.source}`, "u");
const unspacedAtEnd = new RegExp(`${unspaced.source}$`, "u");

const opensWord = /^[\p{Ps}\p{Pi}¿¡]+$/u;
const closesWord = /^[\p{Pe}\p{Pf}\p{Po}]+$/u;
const dash = /^\p{Pd}+$/u;
/** A line never starts with these: closing marks, combining marks, small kana, marks of length and repetition. */
const neverFirst =
  /^[\p{Pe}\p{Pf}\p{Po}\p{M}ーゝゞヽヾ々〻ๆぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ]/u;
const neverLast = /[\p{Ps}\p{Pi}¿¡]$/u;

const wordBoundaries = new Intl.Segmenter(undefined, { granularity: "word" });

function splitText(text: string): Piece[] {
  const runs = text.split(/\s+/u).filter((run) => run !== "");
  const pieces = runs.flatMap((run) =>
    splitRun(run).map((piece, index) => ({ text: piece, hasSpace: index === 0 })),
  );
  return joinLoneMarks(pieces);
}

/** Splits text without spaces at word boundaries, where a script without spaces is on either side. */
function splitRun(run: string): string[] {
  if (!unspaced.test(run)) return [run];
  const pieces: string[] = [];
  for (const { segment } of wordBoundaries.segment(run)) {
    const last = pieces.at(-1);
    const canBreak =
      last !== undefined &&
      (unspacedAtEnd.test(last) || unspacedAtStart.test(segment)) &&
      !neverLast.test(last) &&
      !neverFirst.test(segment);
    if (canBreak || last === undefined) pieces.push(segment);
    else pieces[pieces.length - 1] = last + segment;
  }
  return pieces;
}

/**
 * Joins marks that stand between spaces to a word: an opening mark to the next one, a closing mark to the previous
 * one ("Bonjour !"). A dash joins the previous word, or the next one at the start of a sentence.
 */
function joinLoneMarks(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  let opening: Piece | null = null;
  for (const piece of pieces) {
    const last = joined.at(-1);
    const startsSentence = last === undefined || /[.!?…:]$/u.test(last.text);
    const opens: boolean = opensWord.test(piece.text) || (dash.test(piece.text) && startsSentence);
    if (opening !== null) {
      opening = { text: together(opening, piece), hasSpace: opening.hasSpace };
      if (opens) continue;
      joined.push(opening);
      opening = null;
    } else if (opens) {
      opening = piece;
    } else if (last !== undefined && (closesWord.test(piece.text) || dash.test(piece.text))) {
      joined[joined.length - 1] = { text: together(last, piece), hasSpace: last.hasSpace };
    } else {
      joined.push(piece);
    }
  }
  return opening === null ? joined : [...joined, opening];
}

function together(first: Piece, second: Piece): string {
  return `${first.text}${second.hasSpace ? " " : ""}${second.text}`;
}
