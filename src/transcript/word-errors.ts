/**
 * Counts word errors: the edit distance in words, after NFKC normalization, conversion to lower case and removal of
 * punctuation.
 */

export interface WordErrors {
  readonly wrong: number;
  readonly words: number;
}

/**
 * Compares two texts. `wrong` is the number of substitutions, insertions and deletions that turn `reference` into
 * `hypothesis`. `words` is the number of words in `reference`.
 */
export function countWordErrors(reference: string, hypothesis: string): WordErrors {
  const expected = normalisedWords(reference);
  const found = normalisedWords(hypothesis);
  let previous = Array.from({ length: found.length + 1 }, (_, j) => j);
  for (const [i, word] of expected.entries()) {
    const current = [i + 1];
    for (const [j, other] of found.entries()) {
      const substituted = previous[j]! + (word === other ? 0 : 1);
      current.push(Math.min(substituted, previous[j + 1]! + 1, current[j]! + 1));
    }
    previous = current;
  }
  return { wrong: previous[found.length]!, words: expected.length };
}

/** Returns the word errors of several texts together. */
export function sumWordErrors(errors: readonly WordErrors[]): WordErrors {
  return {
    wrong: errors.reduce((sum, { wrong }) => sum + wrong, 0),
    words: errors.reduce((sum, { words }) => sum + words, 0),
  };
}

export function normalisedWords(text: string): string[] {
  const bare = text.normalize("NFKC").toLowerCase().replaceAll(/\p{P}/gu, "");
  return bare.split(/\s+/u).filter((word) => word !== "");
}
