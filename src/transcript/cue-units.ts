/**
 * Splits the text of a segment into units and gives each unit its time. A unit is a word with its punctuation marks. It
 * is never divided between two lines. Text in scripts without spaces (Chinese, Japanese, Thai) is split at the word
 * boundaries of Unicode.
 */
import type { Segment, Word } from "./transcript.ts";
import { findWords, type SpokenWord, type WordSpan } from "./word-spans.ts";

export interface Unit {
  readonly text: string;
  /** Whether a space precedes the unit on its line. */
  readonly hasSpace: boolean;
  /** Width of the unit on the screen, in columns. A wide character takes two columns. */
  readonly width: number;
  readonly startS: number;
  readonly endS: number;
}

/** Assigns the words of a transcript to its segments, in order of time. */
export class SegmentWords {
  readonly #words: readonly Word[];
  #next = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  /**
   * Returns the units of the next segment, with times from the words of the segment. The segment may have no words, for
   * example because the model has no word times. In this case, the time of the segment is spread evenly over its
   * characters.
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

  /** Finds the next words of the transcript in the text of the segment. */
  #take({ text, endS }: Segment): WordSpan[] {
    const search = { next: this.#next, endS, lookAhead };
    const { spans, next } = findWords(bare(text), this.#words, bareWord, search);
    this.#next = next;
    return spans.filter(({ from, to }) => to > from);
  }
}

// --- internal ---

/** Characters that belong to no word are, for example, a mark without a time. */
const lookAhead = 8;

/** Offsets of spans do not count spaces, so the spaces are removed from texts and words. */
function bare(text: string): string {
  return text.replace(/\s+/gu, "");
}

function bareWord({ text, startS, endS }: Word): SpokenWord {
  return { text: bare(text), startS, endS };
}

/**
 * Adds spans for text that is in no word. The time of such text is the time between the word before it and the word
 * after it. Text without letters and digits, for example punctuation, gets no span. But if the segment has no words,
 * all of its text gets a span.
 */
function fillGaps(words: readonly WordSpan[], { text, startS, endS }: Segment): WordSpan[] {
  const letters = bare(text);
  const spans: WordSpan[] = [];
  const end = { from: letters.length, to: letters.length, startS: endS, endS };
  let last: WordSpan = { from: 0, to: 0, startS, endS: startS };
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

function startTime(spans: readonly WordSpan[], offset: number): number {
  const span = spans.find(({ to }) => to > offset);
  return span === undefined ? spans.at(-1)!.endS : timeInside(span, Math.max(offset, span.from));
}

function endTime(spans: readonly WordSpan[], offset: number): number {
  const span = spans.findLast(({ from }) => from < offset);
  return span === undefined ? spans[0]!.startS : timeInside(span, Math.min(offset, span.to));
}

function timeInside({ from, to, startS, endS }: WordSpan, offset: number): number {
  if (offset === to) return endS;
  return startS + ((endS - startS) * (offset - from)) / (to - from);
}

interface Piece {
  readonly text: string;
  readonly hasSpace: boolean;
}

/** Matches scripts that have no spaces between words. */
const unspaced =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\u3000-\u303F\uFF00-\uFFEF]/u;
const unspacedAtStart = new RegExp(`^${unspaced.source}`, "u");
const unspacedAtEnd = new RegExp(`${unspaced.source}$`, "u");

const opensWord = /^[\p{Ps}\p{Pi}¿¡]+$/u;
const closesWord = /^[\p{Pe}\p{Pf}\p{Po}]+$/u;
const dash = /^\p{Pd}+$/u;
/**
 * Matches characters that never start a line: closing marks, combining marks, small kana, length marks and repetition
 * marks.
 */
const neverFirst =
  /^[\p{Pe}\p{Pf}\p{Po}\p{M}ーゝゞヽヾ々〻ๆぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ]/u;
const neverLast = /[\p{Ps}\p{Pi}¿¡]$/u;

let segmenter: Intl.Segmenter | null = null;

/** Divides text into words. It is created only when it is needed, because this takes up to 25 ms. */
function wordBoundaries(): Intl.Segmenter {
  return (segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" }));
}

function splitText(text: string): Piece[] {
  const runs = text.split(/\s+/u).filter((run) => run !== "");
  const pieces = runs.flatMap((run) =>
    splitRun(run).map((piece, index) => ({ text: piece, hasSpace: index === 0 })),
  );
  return joinLoneMarks(pieces);
}

/**
 * Splits `run`, which contains no spaces, at word boundaries. A boundary is used only if the character before or after
 * it belongs to a script without spaces.
 */
function splitRun(run: string): string[] {
  if (!unspaced.test(run)) return [run];
  const pieces: string[] = [];
  for (const { segment } of wordBoundaries().segment(run)) {
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
 * If a mark has a space on both sides, joins the mark to a word. An opening mark is joined to the next word. A closing
 * mark is joined to the previous word ("Bonjour !"). A dash is also joined to the previous word, but at the start of a
 * sentence to the next word.
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
