/** Compares two transcripts of the same audio. */
import { normalisedWords } from "../../src/transcript/word-errors.ts";

type TheirWord = readonly [word: string, start: number, end: number];

/**
 * Returns the absolute differences in seconds between the times of equal words: between their starts, and between their
 * ends. The two programs split words differently at marks inside words ("twenty", "-five"). So only words with the same
 * spelling and in the same order are compared.
 */
export function timeDifferences(
  theirs: readonly TheirWord[],
  ours: readonly { readonly word: string; readonly start: number; readonly end: number }[],
): number[] {
  const differences: number[] = [];
  let from = 0;
  for (const [word, start, end] of theirs) {
    const at = ours.findIndex((our, i) => i >= from && bare(our.word) === bare(word));
    if (bare(word) === "" || at < 0 || at > from + 3) continue;
    const our = ours[at]!;
    differences.push(Math.abs(our.start - start), Math.abs(our.end - end));
    from = at + 1;
  }
  return differences;
}

/**
 * Returns the quantile of the values for the fraction `part`. For example, 0.5 gives the median. NaN if there are no
 * values.
 */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

// --- internal ---

function bare(word: string): string {
  return normalisedWords(word).join(" ");
}
