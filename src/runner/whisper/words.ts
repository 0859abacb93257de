/**
 * Converts token times to words. A token with a leading space starts a word, and punctuation is joined to its word. If
 * the time of a word includes a pause, the word is shortened. A segment starts with its first word and ends with its
 * last word.
 *
 * This follows OpenAI's whisper/timing.py (add_word_timestamps) as faster-whisper implements it. There is one
 * difference: a word that contains a mark ("twenty-five", "l'école") is not split.
 */
import type { Word } from "../../transcript/transcript.ts";
import type { ChunkSegment } from "./segments.ts";
import type { Model } from "../engine/asr-model.ts";
import type { AlignResult } from "../engine/asr-structs.ts";
import { splitAtCharacters, type TokenRun } from "./text.ts";

export interface TimedSegment extends ChunkSegment {
  readonly words: readonly Word[];
}

/** Languages without spaces between words. In these languages, every character is a word. */
const unspacedLanguages = new Set(["zh", "ja", "th", "lo", "my", "yue"]);

const opensWord = new Set("\"'“¿([{-");
const closesWord = new Set("\"'.。,，!！?？:：”)]}、");
const endsSentence = new Set(".。!！?？");

/**
 * Maximum of the usual word duration in seconds. The usual duration is the median. A word is rarely longer than twice
 * its usual duration.
 */
const usualWordMaxS = 0.7;
/**
 * Maximum time in seconds by which a word may start before its segment or end after its segment. If a word exceeds this
 * maximum, the timestamp of the segment is used instead of the time of the word.
 */
const overhangMaxS = 0.5;

/**
 * Converts token times to timed words. `times` contains the times of all text tokens of the segments, in order. All
 * times are seconds from the start of the chunk.
 */
export function timeWords(
  segments: readonly ChunkSegment[],
  times: AlignResult,
  language: string,
  model: Model,
): TimedSegment[] {
  const pieces = segments.map((): Piece[] => []);
  let offset = 0;
  segments.forEach((segment, index) => {
    const tokens = segment.tokens.filter((id) => id < model.info.tokenTextEnd);
    for (const run of joinTokens(splitAtCharacters(tokens, model), language)) {
      pieces[index]!.push({
        text: run.text,
        startS: times.startS[offset + run.from] ?? segment.startS,
        endS: times.endS[offset + run.to - 1] ?? segment.endS,
      });
    }
    offset += tokens.length;
  });

  const usualS = usualDuration(pieces.flat());
  cutBackAtSentences(pieces.flat(), 2 * usualS);
  let spokenUntilS = 0;
  return segments.map((segment, index) => {
    const words = joinMarks(pieces[index]!);
    cutBackAfterPause(words, usualS, spokenUntilS);
    const timed = agree(segment, words, usualS, spokenUntilS);
    spokenUntilS = timed.endS;
    return timed;
  });
}

// --- internal ---

/** A word or a separate punctuation mark. Its times are still being corrected. */
interface Piece {
  text: string;
  startS: number;
  endS: number;
}

/** Joins tokens to words. Closing marks stay separate until the times are corrected. */
function joinTokens(runs: readonly TokenRun[], language: string): TokenRun[] {
  const unspaced = unspacedLanguages.has(language);
  const pieces: TokenRun[] = [];
  for (const run of runs) {
    const last = pieces.at(-1);
    const begins = unspaced || run.text.startsWith(" ") || last === undefined;
    if (begins || isOpeningMark(last) || isMark(run.text, closesWord)) {
      pieces.push(run);
      continue;
    }
    // If text follows a mark without a space, the mark is inside a word, as in "3.50".
    while (pieces.length > 1 && isInnerMark(pieces.at(-1)!)) mergeLast(pieces);
    pieces.push(run);
    mergeLast(pieces);
  }
  return pieces;
}

function isOpeningMark({ text }: { readonly text: string }): boolean {
  return text.startsWith(" ") && isMark(text, opensWord);
}

function isInnerMark({ text }: TokenRun): boolean {
  return !text.startsWith(" ") && isMark(text, closesWord);
}

function mergeLast(pieces: TokenRun[]): void {
  const last = pieces.pop()!;
  const before = pieces.pop()!;
  pieces.push({ text: before.text + last.text, from: before.from, to: last.to });
}

/**
 * Joins opening marks to the next word and closing marks to the previous word. The times of the words do not change.
 */
function joinMarks(pieces: readonly Piece[]): Piece[] {
  const words: Piece[] = [];
  let opening = "";
  for (const piece of pieces) {
    const last = words.at(-1);
    if (isOpeningMark(piece)) {
      opening += piece.text;
    } else if (last !== undefined && opening === "" && isMark(piece.text, closesWord)) {
      last.text += piece.text.trim();
    } else if (piece.text.trim() !== "") {
      words.push({ ...piece, text: (opening + piece.text).trim() });
      opening = "";
    }
  }
  return words;
}

function isMark(text: string, marks: ReadonlySet<string>): boolean {
  const trimmed = text.trim();
  return trimmed !== "" && Array.from(trimmed).every((character) => marks.has(character));
}

/** Returns the median duration of the pieces in seconds; at most `usualWordMaxS`. */
function usualDuration(pieces: readonly Piece[]): number {
  const durations = pieces.map(({ startS, endS }) => endS - startS).filter((s) => s > 0);
  const sorted = durations.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const lower = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? upper) : upper;
  return Math.min(usualWordMaxS, (lower + upper) / 2);
}

/**
 * If a mark at the end of a sentence is longer than `durationMaxS` seconds, shortens the mark. Does the same for the
 * word after such a mark. This is necessary because the alignment adds the pause between sentences to the mark or to
 * the word.
 */
function cutBackAtSentences(pieces: readonly Piece[], durationMaxS: number): void {
  if (durationMaxS === 0) return;
  pieces.forEach((piece, i) => {
    const previous = pieces[i - 1];
    if (previous === undefined || piece.endS - piece.startS <= durationMaxS) return;
    if (isMark(piece.text, endsSentence)) piece.endS = piece.startS + durationMaxS;
    else if (isMark(previous.text, endsSentence)) piece.startS = piece.endS - durationMaxS;
  });
}

/**
 * Shortens the first two words of a segment that follows a pause, because the alignment counts the pause as a part of
 * these words.
 */
function cutBackAfterPause(words: readonly Piece[], usualS: number, spokenUntilS: number): void {
  const [first, second] = words;
  if (first === undefined || first.endS - spokenUntilS <= 4 * usualS) return;
  const durationMaxS = 2 * usualS;
  const both = second === undefined ? 0 : second.endS - first.startS;
  if (first.endS - first.startS <= durationMaxS && both <= 2 * durationMaxS) return;
  if (second !== undefined && second.endS - second.startS > durationMaxS) {
    const border = Math.max(second.endS / 2, second.endS - durationMaxS);
    first.endS = border;
    second.startS = border;
  }
  first.startS = Math.max(0, first.endS - durationMaxS);
}

/**
 * Makes a segment start with its first word and end with its last word. If a word is far outside of the timestamps of
 * the segment, first moves the word to the timestamps.
 */
function agree(
  segment: ChunkSegment,
  words: readonly Piece[],
  usualS: number,
  fromS: number,
): TimedSegment {
  const first = words[0];
  const last = words.at(-1);
  if (first === undefined || last === undefined) return { ...segment, words: [] };
  let { startS, endS } = segment;
  if (startS < first.endS && startS - overhangMaxS > first.startS) {
    first.startS = Math.max(0, Math.min(first.endS - usualS, startS));
  }
  if (endS > last.startS && endS + overhangMaxS < last.endS) {
    last.endS = Math.max(last.startS + usualS, endS);
  }
  inOrder(words, fromS);
  startS = first.startS;
  endS = last.endS;
  return { ...segment, startS, endS, words };
}

function inOrder(words: readonly Piece[], fromS: number): void {
  let untilS = fromS;
  for (const word of words) {
    word.startS = Math.max(untilS, word.startS);
    word.endS = Math.max(word.startS, word.endS);
    untilS = word.endS;
  }
}
