/**
 * From token times to words: tokens are joined at blanks, punctuation joins its word, overlong words are cut
 * back, and every word stays inside its segment. After OpenAI's whisper/timing.py (add_word_timestamps).
 */
import type { Word } from "../transcript.ts";
import type { ChunkSegment } from "./segments.ts";
import type { AlignResult, Model } from "./shim.ts";
import { splitAtCharacters, type TokenRun } from "./text.ts";

/** Written without blanks: every character is a word. */
const unspacedLanguages = new Set(["zh", "ja", "th", "lo", "my", "yue"]);

const opensWord = new Set("\"'“¿([{-");
const closesWord = new Set("\"'.。,，!！?？:：”)]}、");
const endsSentence = new Set(".。!！?？");

/** Words said in one breath are rarely longer than twice the usual; the usual is at most this. */
const usualWordMaxS = 0.7;

/** `times` are those of all text tokens of the segments, in order; times are seconds from the chunk's start. */
export function cutWords(
  segments: readonly ChunkSegment[],
  times: AlignResult,
  language: string,
  model: Model,
): Word[] {
  let offset = 0;
  return segments.flatMap((segment) => {
    const tokens = segment.tokens.filter((id) => id < model.info.tokenTextEnd);
    const timed = joinWords(splitAtCharacters(tokens, model), language).map((run) => ({
      text: run.text.trim(),
      startS: times.startS[offset + run.from] ?? segment.startS,
      endS: times.endS[offset + run.to - 1] ?? segment.endS,
    }));
    offset += tokens.length;
    return keepInside(cutBack(timed), segment);
  });
}

// --- internal ---

function joinWords(runs: readonly TokenRun[], language: string): TokenRun[] {
  const unspaced = unspacedLanguages.has(language);
  const words: TokenRun[] = [];
  for (const run of runs) {
    const last = words.at(-1);
    const startsWord = unspaced || run.text.startsWith(" ") || last === undefined;
    if (startsWord) words.push(run);
    else words[words.length - 1] = join(last, run);
  }
  return joinPunctuation(words);
}

/** Opening marks go to the word behind them, closing marks to the word before. */
function joinPunctuation(words: readonly TokenRun[]): TokenRun[] {
  const joined: TokenRun[] = [];
  let opening: TokenRun | null = null;
  for (const word of words) {
    const text = word.text.trim();
    const last = joined.at(-1);
    if (word.text.startsWith(" ") && text.length === 1 && opensWord.has(text)) {
      opening = opening === null ? word : join(opening, word);
    } else if (
      last !== undefined &&
      opening === null &&
      text.length === 1 &&
      closesWord.has(text)
    ) {
      joined[joined.length - 1] = join(last, word);
    } else if (text !== "") {
      joined.push(opening === null ? word : join(opening, word));
      opening = null;
    }
  }
  return opening === null ? joined : [...joined, opening];
}

/** A mark takes no time of its own: the alignment gives it the pause beside the word. */
function join(a: TokenRun, b: TokenRun): TokenRun {
  const from = isMark(a) && !isMark(b) ? b.from : a.from;
  const to = isMark(b) && !isMark(a) ? a.to : b.to;
  return { text: a.text + b.text, from, to };
}

function isMark({ text }: TokenRun): boolean {
  return Array.from(text.trim()).every(
    (character) => opensWord.has(character) || closesWord.has(character),
  );
}

/** A word next to a sentence's end swallows the pause there: cut it back to a usual length. */
function cutBack(words: readonly Word[]): Word[] {
  const durations = words.map((word) => word.endS - word.startS).filter((s) => s > 0);
  const sorted = durations.toSorted((a, b) => a - b);
  const usualS = Math.min(usualWordMaxS, sorted[sorted.length >> 1] ?? 0);
  const maxS = 2 * usualS;
  return words.map((word, i) => {
    if (maxS === 0 || word.endS - word.startS <= maxS) return word;
    const previous = words[i - 1];
    if (endsSentence.has(word.text.at(-1) ?? "")) return { ...word, endS: word.startS + maxS };
    if (previous === undefined || endsSentence.has(previous.text.at(-1) ?? "")) {
      return { ...word, startS: word.endS - maxS };
    }
    return word;
  });
}

function keepInside(words: readonly Word[], segment: ChunkSegment): Word[] {
  let fromS = segment.startS;
  return words.map((word) => {
    const startS = clamp(word.startS, fromS, segment.endS);
    const endS = clamp(word.endS, startS, segment.endS);
    fromS = endS;
    return { text: word.text, startS, endS };
  });
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}
