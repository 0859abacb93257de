/** Suggests models to download. */
import type { ModelOverview } from "./api/models.ts";

export interface Suggestion {
  readonly name: string;
  /** What the model is good for, in a few words. */
  readonly why: string;
}

/** Returns the suggestions that the server allows and does not have yet. */
export function suggestionsFor({ models, patterns }: ModelOverview): Suggestion[] {
  const present = new Set(models.map(({ id }) => id));
  return suggestions.filter(
    ({ name }) => !present.has(name) && patterns.some((pattern) => matches(name, pattern)),
  );
}

// --- internal ---

const suggestions: readonly Suggestion[] = [
  { name: "large-v3-turbo", why: "most accurate, many languages" },
  { name: "small", why: "more accurate than base, many languages" },
  { name: "parakeet-tdt-0.6b-v3", why: "accurate and fast, European languages" },
  { name: "tiny", why: "fastest, for slow machines" },
];

/** Returns whether a name matches a pattern, in which `*` stands for any characters. */
function matches(name: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}
