/** Names that are so much like a mistyped one that they may have been meant. */
import { distance } from "fastest-levenshtein";

/** The nearest names, best first; none when nothing is near. */
export function nearestNames(written: string, known: Iterable<string>): string[] {
  if (written.length > writtenMax) return [];
  const wanted = written.toLowerCase();
  const distanceMax = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((name) => ({ name, steps: distance(wanted, name.toLowerCase()) }))
    .filter(({ steps }) => steps <= distanceMax)
    .toSorted((a, b) => a.steps - b.steps)
    .slice(0, namesMax)
    .map(({ name }) => name);
}

// --- internal ---

const namesMax = 3;
/** No model's name is longer; comparing takes time by the product of the lengths. */
const writtenMax = 200;
