/** Finds the words of a transcript in the text of its segments. The web page uses this file, too. */

export interface WordSpan {
  /** Index of the first character of the word in the text. */
  readonly from: number;
  /** Index after the last character of the word. */
  readonly to: number;
  readonly startS: number;
  readonly endS: number;
}

export interface SpokenWord {
  readonly text: string;
  readonly startS: number;
  readonly endS: number;
}

interface Search {
  /** Index of the first word to find. */
  readonly next: number;
  /** End of the segment in seconds. */
  readonly endS: number;
  /**
   * Between two words, the text may contain characters that belong to no word. To find the next word, at most this
   * number of characters is skipped.
   */
  readonly lookAhead: number;
}

/**
 * Finds words in the text of a segment, in their order. `read` converts a word. Returns the spans of the found words,
 * and the index of the first word of the next segment. A word that is not found is skipped if it starts before the end
 * of the segment. If it starts later, it belongs to the next segment.
 */
export function findWords<T>(
  text: string,
  words: readonly T[],
  read: (word: T) => SpokenWord,
  { next, endS, lookAhead }: Search,
): { readonly spans: WordSpan[]; readonly next: number } {
  const spans: WordSpan[] = [];
  let position = 0;
  let index = next;
  for (; index < words.length; index++) {
    const word = read(words[index]!);
    const at = text.slice(position, position + word.text.length + lookAhead).indexOf(word.text);
    if (at < 0 && word.startS >= endS) break;
    if (at < 0) continue;
    const from = position + at;
    position = from + word.text.length;
    spans.push({ from, to: position, startS: word.startS, endS: word.endS });
  }
  return { spans, next: index };
}
