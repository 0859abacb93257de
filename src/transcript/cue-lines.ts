/**
 * Breaks the text of a cue into as few lines as possible. Prefers breaks after punctuation and lines of similar width.
 */
import type { Unit } from "./cue-units.ts";

/**
 * Returns the cost of a line break, or of the end of a cue, after a unit. The cost is 0 after a sentence and higher
 * inside a sentence.
 */
export function breakCost({ text }: Unit): number {
  if (sentenceEnd.test(text)) return 0;
  return clauseEnd.test(text) ? 15 : 40;
}

/** Returns the width of a line after one more unit is added. */
export function extendedWidth(width: number, unit: Unit): number {
  return width === 0 ? unit.width : width + (unit.hasSpace ? 1 : 0) + unit.width;
}

/** Breaks units into lines. A unit that is wider than a line gets a line of its own. */
export function breakLines(units: readonly Unit[], widthMax: number): string[] {
  const linesCount = fewestLines(units, widthMax);
  // best[end] is a layout of the units before `end`. It has the lowest cost of all layouts with the current number of
  // lines.
  let best: (Layout | null)[] = [{ cost: 0, breaks: [] }];
  for (let line = 0; line < linesCount; line++) {
    best = addLine(best, units, widthMax);
  }
  const breaks = best[units.length]?.breaks ?? [];
  return breaks.map((end, index) => lineText(units.slice(breaks[index - 1] ?? 0, end)));
}

// --- internal ---

const sentenceEnd = /[.!?…。．！？।؟۔]["'”’»)\]」』）]*$/u;
const clauseEnd = /[,;:،؛、，；：–—]["'”’»)\]」』）]*$/u;

/**
 * Weight of the squared line widths in the cost of a layout. With this weight, a break after a comma is preferred to a
 * break inside a clause, even if the widths of the two lines then differ by almost 30 of 42 columns.
 */
const unevennessCost = 100;

/**
 * Returns the minimum number of lines. Counts the lines of a layout in which each line is filled before the next line
 * starts. No other layout has fewer lines.
 */
function fewestLines(units: readonly Unit[], widthMax: number): number {
  let lines = 0;
  let width = Infinity;
  for (const unit of units) {
    width = extendedWidth(width, unit);
    if (width <= widthMax) continue;
    lines++;
    width = unit.width;
  }
  return lines;
}

interface Layout {
  readonly cost: number;
  /** For each line, the index of the first unit after the line. */
  readonly breaks: readonly number[];
}

function addLine(
  best: readonly (Layout | null)[],
  units: readonly Unit[],
  widthMax: number,
): (Layout | null)[] {
  const next: (Layout | null)[] = [];
  best.forEach((layout, from) => {
    if (layout === null || layout === undefined) return;
    let width = 0;
    for (let end = from + 1; end <= units.length; end++) {
      width = extendedWidth(width, units[end - 1]!);
      if (width > widthMax && end > from + 1) return;
      const isLast = end === units.length;
      const cost =
        layout.cost +
        unevennessCost * (width / widthMax) ** 2 +
        (isLast ? 0 : breakCost(units[end - 1]!));
      if (cost < (next[end]?.cost ?? Infinity)) {
        next[end] = { cost, breaks: [...layout.breaks, end] };
      }
    }
  });
  return next;
}

function lineText(units: readonly Unit[]): string {
  return units
    .map(({ text, hasSpace }, index) => (hasSpace && index > 0 ? ` ${text}` : text))
    .join("");
}
