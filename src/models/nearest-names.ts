/** Suggests known names that are similar to a mistyped name. */
import { distance } from "fastest-levenshtein";

/** The most similar names, best first; empty when every name differs too much. */
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
/** Model names are shorter. The limit bounds the comparison, whose time grows with the product of both lengths. */
const writtenMax = 200;
