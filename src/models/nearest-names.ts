/** Suggests known names that are similar to a mistyped name. */
import { distance } from "fastest-levenshtein";

/**
 * Returns the known names that are most similar to `written`, at most three, the most similar first. Empty when no name
 * is similar enough.
 */
export function nearestNames(written: string, known: Iterable<string>): string[] {
  if (written.length > writtenMax) return [];
  const lowerCase = written.toLowerCase();
  const distanceMax = Math.ceil(lowerCase.length / 3);
  return [...new Set(known)]
    .map((name) => ({ name, steps: distance(lowerCase, name.toLowerCase()) }))
    .filter(({ steps }) => steps <= distanceMax)
    .toSorted((a, b) => a.steps - b.steps)
    .slice(0, namesMax)
    .map(({ name }) => name);
}

// --- internal ---

const namesMax = 3;
/**
 * Maximum number of characters of a mistyped name. Model names are shorter. Without a limit, the comparison could take
 * long, because its time grows with the product of the lengths of the two names.
 */
const writtenMax = 200;
